using System.Net.Mail;
using System.Text.Json;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Journeys;

/// <summary>Members of a JSON object that the user wrote; each reading throws the refusal that names its path.</summary>
internal sealed class JsonMembers
{
    private const string MalformedCode = "campaign.journey_malformed";
    private readonly JsonElement _json;
    private readonly string _path;

    public JsonMembers(JsonElement json, string path)
    {
        (_json, _path) = (json, path);
        if (json.ValueKind != JsonValueKind.Object) throw new ErrorException(Error.Unprocessable(MalformedCode, "This is an object.", path));
    }

    public bool Has(string member) => _json.TryGetProperty(member, out _);

    public ErrorException Refuse(string member, string code, string message) => new(Error.Unprocessable(code, message, $"{_path}.{member}"));

    public void Only(params ReadOnlySpan<string> members)
    {
        foreach (var member in _json.EnumerateObject())
        {
            if (!members.Contains(member.Name)) throw Refuse(member.Name, MalformedCode, $"There is no '{member.Name}' here.");
        }
    }

    public JsonMembers Object(string member) => new(Required(member), $"{_path}.{member}");

    public IEnumerable<JsonMembers> Array(string member, int min, int max)
    {
        var json = Required(member);
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() < min || json.GetArrayLength() > max)
        {
            throw Refuse(member, MalformedCode, $"This is a list of {min} to {max}.");
        }

        return json.EnumerateArray().Select((item, index) => new JsonMembers(item, $"{_path}.{member}[{index}]"));
    }

    /// <summary>PostgreSQL's text cannot hold NUL.</summary>
    public string Text(string member, int max)
    {
        var json = Required(member);
        return json.ValueKind == JsonValueKind.String && json.GetString() is { Length: > 0 } text && text.Length <= max && !text.Contains('\0')
            ? text
            : throw Refuse(member, MalformedCode, $"This is a text of 1 to {max} characters.");
    }

    /// <summary>A text that may become a header: no control characters.</summary>
    public string Line(string member, int max)
    {
        var text = Text(member, max);
        return text.Any(char.IsControl) ? throw Refuse(member, MalformedCode, "This has no control characters.") : text.Trim();
    }

    public string Address(string member)
    {
        var text = Text(member, 254);
        return MailAddress.TryCreate(text, out var address) && address.Address == text && text.All(character => character is > ' ' and < '\x7f')
            ? text
            : throw Refuse(member, MalformedCode, "This is an e-mail address.");
    }

    public string[] Texts(string member, int max)
    {
        if (!Has(member)) return [];
        var json = Required(member);
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() > max) throw Refuse(member, MalformedCode, $"This is a list of at most {max}.");
        return [.. json.EnumerateArray().Select((item, index) =>
            item.ValueKind == JsonValueKind.String && item.GetString()!.Trim() is { Length: > 0 and <= 50 } text && !text.Any(char.IsControl)
                ? text
                : throw Refuse($"{member}[{index}]", MalformedCode, "This is a text of 1 to 50 characters.")).Distinct(StringComparer.Ordinal)];
    }

    public Guid Id(string member) =>
        Required(member) is { ValueKind: JsonValueKind.String } json && json.TryGetGuid(out var id) ? id : throw Refuse(member, MalformedCode, "This is an id.");

    public bool Flag(string member) => Has(member) && (Required(member).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse(member, MalformedCode, "This is true or false."),
    });

    /// <param name="absent">Null: it must be there.</param>
    public int Number(string member, int min, int max, int? absent)
    {
        if (absent is not null && !Has(member)) return absent.Value;
        var json = Required(member);
        return json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var number) && number >= min && number <= max
            ? number
            : throw Refuse(member, MalformedCode, $"This is a whole number from {min} to {max}.");
    }

    /// <summary>A percentage with at most two decimals, in hundredths.</summary>
    public int Hundredths(string member) =>
        Required(member) is { ValueKind: JsonValueKind.Number } json && json.TryGetDecimal(out var percent) && percent is > 0 and <= 100 && percent * 100 == decimal.Truncate(percent * 100)
            ? (int)(percent * 100)
            : throw Refuse(member, MalformedCode, "This is a percentage above 0 with at most two decimals.");

    public string OneOf(string member, IReadOnlyList<string> choices, string? absent)
    {
        if (absent is not null && !Has(member)) return absent;
        var json = Required(member);
        return json.ValueKind == JsonValueKind.String && choices.Contains(json.GetString()!)
            ? json.GetString()!
            : throw Refuse(member, MalformedCode, $"This is one of: {string.Join(", ", choices)}.");
    }

    /// <summary>The same language as a segment's, but it names no segments: a version keeps its meaning, a segment may change.</summary>
    public Criterion Criteria(string member)
    {
        if (NamesSegment(Required(member)))
        {
            throw Refuse(member, "campaign.journey_criteria_segment", "Criteria of a journey name no segments; ask for the fields, or begin with segmentEntered.");
        }

        if (CriteriaParser.Parse(Required(member)).TryGet(out var criterion, out var error)) return criterion;
        var inside = error.Field?.StartsWith("criteria", StringComparison.Ordinal) == true ? error.Field["criteria".Length..] : "";
        throw new ErrorException(error with { Field = $"{_path}.{member}{inside}" });
    }

    private static bool NamesSegment(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().Any(member => member.Name == "segment" || NamesSegment(member.Value)),
        JsonValueKind.Array => json.EnumerateArray().Any(NamesSegment),
        _ => false,
    };

    private JsonElement Required(string member) =>
        _json.TryGetProperty(member, out var value) ? value : throw Refuse(member, MalformedCode, $"'{member}' is missing.");
}
