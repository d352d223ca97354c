using Crm.Campaign.Inbound.Mime;

namespace Crm.Campaign.Inbound.Classification;

/// <summary>A delivery status notification (RFC 3464, 6533): one group of fields per recipient, after one about the mail.</summary>
internal static class DeliveryStatus
{
    private const int MaxRecipients = 200;

    /// <summary>The worst that it says of any recipient (a message of ours has one); null where it says nothing.</summary>
    public static MailVerdict? Read(MimeEntity mail) => mail.Walk()
        .Where(part => part.Type.MediaType is "message/delivery-status" or "message/global-delivery-status")
        .SelectMany(Groups)
        .Select(group => Judge(group, mail))
        .OfType<MailVerdict>()
        .OrderBy(verdict => verdict.Kind)
        .FirstOrDefault();

    private static IEnumerable<IReadOnlyList<KeyValuePair<string, string>>> Groups(MimeEntity part)
    {
        var rest = part.Body;
        for (var i = 0; i < MaxRecipients && !rest.IsEmpty; i++)
        {
            var fields = new List<KeyValuePair<string, string>>();
            var read = MimeReader.ReadFields(rest.Span, fields);
            if (fields.Count > 0) yield return fields;
            // A line that is no field would be read again and again: go behind it.
            if (read == 0) read = rest.Span.IndexOf((byte)'\n') + 1 is var next and > 0 ? next : rest.Length;
            rest = rest[read..];
        }
    }

    private static MailVerdict? Judge(IReadOnlyList<KeyValuePair<string, string>> group, MimeEntity mail)
    {
        string? Field(string name) => group.FirstOrDefault(field => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase)).Value;

        var action = Field("Action")?.Split(' ', ';')[0].ToLowerInvariant();
        var given = Field("Status");
        if (action is null && given is null) return null;
        var diagnostic = Field("Diagnostic-Code") is { } code ? code[(code.IndexOf(';', StringComparison.Ordinal) + 1)..].Trim() : null;
        var status = given is null ? null : BounceSeverity.FindStatus(given) ?? (given.StartsWith("2.", StringComparison.Ordinal) ? given.Split(' ')[0] : null);
        // Some put the unspecific 5.0.0 beside a reply that says it all.
        if (diagnostic is not null && (status is null || status.EndsWith(".0.0", StringComparison.Ordinal)) && BounceSeverity.FindStatus(diagnostic) is { } better && (status is null || better[0] == status[0]))
            status = better;

        if (action is "delayed") return new MailVerdict(MailKind.Delay, status, diagnostic);
        if (action is "delivered" or "relayed" or "expanded" || (action is null && status?[0] == '2')) return new MailVerdict(MailKind.Receipt, status, diagnostic);
        var said = diagnostic ?? "";
        if (diagnostic is null && status is null or "5.0.0") said = BounceText.OwnWords(mail);
        var kind = BounceSeverity.Of(status, said);
        return new MailVerdict(kind == MailKind.Receipt ? MailKind.SoftBounce : kind, status, diagnostic ?? said);
    }
}
