namespace Crm.Campaign.Delivery;

/// <summary>
/// Why somebody in a segment is not written to on a channel, decided when the campaign is dispatched and again at the moment of sending.
/// </summary>
public static class Eligibility
{
    private const string EmailBlocked =
        "s.address = lower(a.email) AND s.channel IN ('{0}', 'all')) OR EXISTS (SELECT 1 FROM suppressed_addresses s WHERE s.address = lower(split_part(a.email, '@', -1))";

    private const string PhoneBlocked = "s.address = a.phone";

    private static readonly Dictionary<string, string> ByChannel = new(StringComparer.Ordinal)
    {
        ["email"] = Write("email", "a.email", "no_email", "a.consent_email", EmailBlocked),
        ["sms"] = Write("sms", "a.phone", "no_phone", "a.consent_sms", PhoneBlocked),
        ["whatsapp"] = Write("whatsapp", "a.phone", "no_phone", "a.consent_whatsapp", PhoneBlocked),
        ["phone"] = Write("phone", "a.phone", "no_phone", "a.consent_phone", PhoneBlocked),
        ["post"] = Write("post", "a.street", "no_address", "a.consent_post", null),
        ["push"] = Write("push", null, null, "a.consent_push", null),
        ["webhook"] = Write("webhook", null, null, "a.consent_webhook", null),
        ["pos"] = Write("pos", null, null, "a.is_member", null, "not_member"),
    };

    /// <summary>email, sms, whatsapp, phone, post, push, webhook, pos.</summary>
    public static IReadOnlyCollection<string> Channels => ByChannel.Keys;

    /// <summary>
    /// Expression over the audience row <c>a</c>, which may be missing (an outer join); NULL where nothing speaks against it. One of no_email,
    /// no_phone, no_address, no_consent, not_member, suppressed. The sender asks the same.
    /// </summary>
    public static string ReasonSql(string channel) => ByChannel.TryGetValue(channel, out var sql) ? sql : throw new ArgumentOutOfRangeException(nameof(channel), channel, "There is no such channel.");

    /// <summary>A suppression of the contact, of the address or phone number, or of the address's domain; on this channel or on all.</summary>
    private static string Write(string channel, string? address, string? withoutAddress, string permission, string? blocked, string withoutPermission = "no_consent")
    {
        var byAddress = blocked is null
            ? ""
            : $" OR EXISTS (SELECT 1 FROM suppressed_addresses s WHERE {string.Format(System.Globalization.CultureInfo.InvariantCulture, blocked, channel)} AND s.channel IN ('{channel}', 'all'))";
        return $"""
            CASE
                {(address is null ? "" : $"WHEN {address} IS NULL THEN '{withoutAddress}'")}
                WHEN {permission} IS NOT TRUE THEN '{withoutPermission}'
                WHEN EXISTS (SELECT 1 FROM suppressions s WHERE s.customer_id = a.customer_id AND s.channel IN ('{channel}', 'all')){byAddress} THEN 'suppressed'
            END
            """;
    }
}
