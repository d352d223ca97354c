using Crm.Campaign.Delivery.Providers;

namespace Crm.Campaign.Sender.Channels.Http;

internal enum PayloadFormat
{
    Json,
    Form,
}

internal enum AuthenticationKind
{
    None,
    Bearer,
    Basic,

    /// <summary>HMAC-SHA256 over <c>timestamp.body</c>, as hexadecimal text.</summary>
    Hmac,
}

/// <summary>
/// One entry of section <c>Providers</c>: a gateway that takes messages by HTTP, described so far that no code is needed for it.
/// Providers of one channel are used in the order of their names; the next takes over while one cannot be reached.
/// </summary>
internal sealed class HttpProviderOptions
{
    public const string Section = "Providers";

    /// <summary>sms, whatsapp, push or webhook.</summary>
    public string Channel { get; init; } = "";

    public Uri? Url { get; init; }

    /// <summary>POST or PUT.</summary>
    public string Method { get; init; } = "POST";

    /// <summary>Headers of every request; <see cref="Authentication"/> has its own.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];

    public PayloadFormat Format { get; init; } = PayloadFormat.Json;

    /// <summary>See <see cref="PayloadTemplate"/>; null is the channel's usual one.</summary>
    public string? Body { get; init; }

    public ProviderAuthenticationOptions Authentication { get; init; } = new();

    /// <summary>Where the answer names the message: <c>messages[0].id</c>.</summary>
    public string? ReferencePath { get; init; }

    /// <summary>Where the answer names an error, for providers that answer 200 to what they refuse.</summary>
    public string? ErrorPath { get; init; }

    /// <summary>Values at <see cref="ErrorPath"/> that mean that there is no error.</summary>
    public string[] NoErrorValues { get; init; } = ["", "0"];

    /// <summary>Statuses that refuse this message for good.</summary>
    public int[] PermanentStatuses { get; init; } = [400, 402, 404, 410, 413, 415, 422];

    /// <summary>Statuses that promise that nothing was taken; the message is tried again.</summary>
    public int[] TemporaryStatuses { get; init; } = [425, 429, 503];

    /// <summary>
    /// The provider recognises the key of a message that it has taken already. Then an answer that was lost is asked for again with the same
    /// key; otherwise the message is unknown and stays so until a receipt or a person tells.
    /// </summary>
    public bool Idempotent { get; init; }

    /// <summary>Header with the delivery's id, the same at every attempt; empty sends none.</summary>
    public string IdempotencyHeader { get; init; } = "Idempotency-Key";

    /// <summary>From the request to the whole answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests at the same time from one process.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>For a provider inside of one's own network. Addresses of this machine are refused nevertheless, except in Development.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>What is wrong with it, each naming its setting; empty when nothing is.</summary>
    public IEnumerable<string> Problems(string name, bool development)
    {
        var at = $"{Section}:{name}";
        if (!ChannelBodies.Usual.ContainsKey(Channel)) yield return $"{at}:Channel is '{Channel}'; it is one of {string.Join(", ", ChannelBodies.Usual.Keys.Order(StringComparer.Ordinal))}.";
        if (Url is not { IsAbsoluteUri: true } || !(Url.Scheme == Uri.UriSchemeHttps || (development && Url.Scheme == Uri.UriSchemeHttp)) || Url.UserInfo.Length > 0)
        {
            yield return $"{at}:Url must be an https address without a password in it (http in Development only).";
        }

        if (Method is not ("POST" or "PUT")) yield return $"{at}:Method is '{Method}'; it is POST or PUT.";
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(1)) yield return $"{at}:Timeout is above zero and at most a minute.";
        if (Concurrency is < 1 or > 200) yield return $"{at}:Concurrency is from 1 to 200.";
        foreach (var status in PermanentStatuses.Intersect(TemporaryStatuses)) yield return $"{at}:PermanentStatuses and TemporaryStatuses both have {status}.";
        foreach (var status in PermanentStatuses.Concat(TemporaryStatuses).Where(status => status is < 300 or > 599)) yield return $"{at} has the status {status}; what refuses is from 300 to 599.";
        foreach (var header in Headers.Where(header => header.Key.Length == 0 || (header.Key + header.Value).Any(char.IsControl))) yield return $"{at}:Headers has '{header.Key}', which is no header.";
        foreach (var path in new[] { ReferencePath, ErrorPath }.Where(path => path is not null && !JsonPlace.IsValid(path))) yield return $"{at} has the path '{path}'; a path looks like messages[0].id.";
        foreach (var problem in Authentication.Problems($"{at}:Authentication")) yield return problem;
        if (Body is not null && PayloadTemplate.ProblemWith(Format, Body) is { } wrong) yield return $"{at}:Body {wrong}";
        if (Format == PayloadFormat.Form && Body is null) yield return $"{at}:Body is missing: a form says which fields it has (to={{to}}&text={{text}}).";
    }
}

internal sealed class ProviderAuthenticationOptions
{
    public AuthenticationKind Kind { get; init; }

    /// <summary>Of <see cref="AuthenticationKind.Bearer"/>.</summary>
    public string Token { get; init; } = "";

    /// <summary>Of <see cref="AuthenticationKind.Basic"/>.</summary>
    public string UserName { get; init; } = "";
    public string Password { get; init; } = "";

    /// <summary>Of <see cref="AuthenticationKind.Hmac"/>: 32 bytes or more in base64.</summary>
    public string Secret { get; init; } = "";
    public string SignatureHeader { get; init; } = "X-Signature";

    /// <summary>Seconds since 1970-01-01 UTC, part of what is signed.</summary>
    public string TimestampHeader { get; init; } = "X-Timestamp";

    internal IEnumerable<string> Problems(string at)
    {
        switch (Kind)
        {
            case AuthenticationKind.Bearer when Token.Length == 0 || Token.Any(character => character is < '!' or > '~'):
                yield return $"{at}:Token is needed, without spaces.";
                break;
            case AuthenticationKind.Basic when UserName.Length == 0 || UserName.Contains(':', StringComparison.Ordinal):
                yield return $"{at}:UserName is needed, without a colon.";
                break;
            case AuthenticationKind.Hmac:
                var key = new byte[Secret.Length];
                if (!Convert.TryFromBase64String(Secret, key, out var length) || length < 32) yield return $"{at}:Secret must be at least 32 bytes in base64.";
                break;
        }
    }
}

/// <summary>What the usual provider of a channel takes, where its options say nothing else.</summary>
internal static class ChannelBodies
{
    public static readonly IReadOnlyDictionary<string, string> Usual = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["sms"] = """{"to":"{to}","from":"{from}","text":"{text}","reference":"{reference}"}""",
        ["whatsapp"] =
            """
            {"messaging_product":"whatsapp","recipient_type":"individual","to":"{to}","type":"template","biz_opaque_callback_data":"{reference}",
             "template":{"name":"{title}","language":{"code":"{language}"},"components":[{"type":"body","parameters":[{"type":"text","text":"{parameter}"}]}]}}
            """,
        ["push"] = """{"to":"{to}","title":"{title}","body":"{text}","link":"{link}","reference":"{reference}"}""",
        ["webhook"] = """{"id":"{reference}","campaign":"{campaign}","customer":"{customer}","language":"{language}","title":"{title}","text":"{text}","link":"{link}"}""",
    };
}

/// <summary>All providers, by name.</summary>
internal sealed class HttpProviders : Dictionary<string, HttpProviderOptions>;
