using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Sender.Channels.Http;

/// <summary>What a provider is told about one message.</summary>
/// <param name="To">Phone number (E.164) or the customer's id, as the channel addresses people.</param>
/// <param name="Link">Tracked address of the template's first link; null where it has none.</param>
/// <param name="Reference">The delivery's id: the same at every attempt.</param>
internal sealed record ProviderMessage(
    string To, string From, string Title, string Text, string? Link, string Language, Guid Reference, Guid CampaignId, Guid CustomerId);

/// <summary>
/// Body of a provider's requests with <c>{to}</c>, <c>{from}</c>, <c>{title}</c>, <c>{text}</c>, <c>{link}</c>, <c>{language}</c>,
/// <c>{reference}</c>, <c>{campaign}</c>, <c>{customer}</c>. Values are put into a JSON or form that was parsed before: no text of a
/// recipient can become structure. A member whose only content is a value that is not there is left out. An array whose one element has
/// <c>{parameter}</c> in it gets that element once for each line of the text: how template messages take their parameters.
/// </summary>
internal sealed partial class PayloadTemplate
{
    private const string Parameter = "parameter";
    private static readonly HashSet<string> Names = ["to", "from", "title", "text", "link", "language", "reference", "campaign", "customer", Parameter];

    private readonly JsonNode? _json;
    private readonly (string Name, string Value)[] _fields = [];

    public PayloadTemplate(PayloadFormat format, string body)
    {
        if (ProblemWith(format, body) is { } wrong) throw new ArgumentException(wrong, nameof(body));
        if (format == PayloadFormat.Json) _json = JsonNode.Parse(body);
        else _fields = Fields(body);
    }

    public string ContentType => _json is null ? "application/x-www-form-urlencoded" : "application/json";

    /// <summary>What a person who wrote the template should change; null when it is fine.</summary>
    public static string? ProblemWith(PayloadFormat format, string body)
    {
        try
        {
            if (format == PayloadFormat.Json && JsonNode.Parse(body) is not (JsonObject or JsonArray)) return "is not a JSON object or array.";
        }
        catch (JsonException exception)
        {
            return $"is not JSON: {exception.Message}";
        }

        var unknown = Placeholder().Matches(body).Select(match => match.Groups[1].Value).FirstOrDefault(name => !Names.Contains(name));
        if (unknown is not null) return $"has {{{unknown}}}; there are: {string.Join(", ", Names.Select(name => $"{{{name}}}"))}.";
        return format == PayloadFormat.Form && Fields(body).Length == 0 ? "has no field; a form looks like to={to}&text={text}." : null;
    }

    public byte[] Render(ProviderMessage message)
    {
        if (_json is null)
        {
            return Encoding.UTF8.GetBytes(string.Join('&', _fields
                .Select(field => (field.Name, Value: Fill(field.Value, message, null)))
                .Where(field => field.Value is not null)
                .Select(field => $"{WebUtility.UrlEncode(field.Name)}={WebUtility.UrlEncode(field.Value)}")));
        }

        var output = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(output)) Write(_json, message, null, writer);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>One for each line of the text that says something.</summary>
    public static IReadOnlyList<string> ParametersOf(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static void Write(JsonNode? node, ProviderMessage message, string? parameter, Utf8JsonWriter writer)
    {
        switch (node)
        {
            case JsonObject members:
                writer.WriteStartObject();
                foreach (var (name, member) in members)
                {
                    if (TextOf(member) is { } text && Fill(text, message, parameter) is null) continue;
                    writer.WritePropertyName(name);
                    Write(member, message, parameter, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonArray items:
                writer.WriteStartArray();
                foreach (var item in items)
                {
                    var repeated = items.Count == 1 && parameter is null && item?.ToJsonString().Contains($"{{{Parameter}}}", StringComparison.Ordinal) == true && !HasArray(item);
                    if (!repeated) Write(item, message, parameter, writer);
                    else foreach (var value in ParametersOf(message.Text)) Write(item, message, value, writer);
                }

                writer.WriteEndArray();
                break;
            case { } when TextOf(node) is { } text:
                writer.WriteStringValue(Fill(text, message, parameter) ?? "");
                break;
            default:
                if (node is null) writer.WriteNullValue();
                else node.WriteTo(writer);
                break;
        }
    }

    private static bool HasArray(JsonNode node) => node switch
    {
        JsonArray => true,
        JsonObject members => members.Any(member => member.Value is not null && HasArray(member.Value)),
        _ => false,
    };

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    /// <summary>Null where the text is nothing but a value that this message does not have.</summary>
    private static string? Fill(string text, ProviderMessage message, string? parameter)
    {
        if (!text.Contains('{', StringComparison.Ordinal)) return text;
        var matches = Placeholder().Matches(text);
        if (matches is [{ } only] && only.Length == text.Length) return Value(only.Groups[1].Value, message, parameter);
        return Placeholder().Replace(text, match => Value(match.Groups[1].Value, message, parameter) ?? "");
    }

    private static string? Value(string name, ProviderMessage message, string? parameter) => name switch
    {
        "to" => message.To,
        "from" => message.From,
        "title" => message.Title,
        "text" => message.Text,
        "link" => message.Link,
        "language" => message.Language,
        "reference" => message.Reference.ToString(),
        "campaign" => message.CampaignId.ToString(),
        "customer" => message.CustomerId.ToString(),
        _ => parameter,
    };

    private static (string Name, string Value)[] Fields(string body) =>
    [
        .. body.Split('&', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(field => field.Split('=', 2)).Where(field => field.Length == 2 && field[0].Length > 0)
            .Select(field => (WebUtility.UrlDecode(field[0]), WebUtility.UrlDecode(field[1]))),
    ];

    [GeneratedRegex(@"\{([A-Za-z][A-Za-z0-9_]*)\}")]
    private static partial Regex Placeholder();
}
