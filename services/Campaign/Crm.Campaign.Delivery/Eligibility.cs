namespace Crm.Campaign.Delivery;

/// <summary>
/// Why somebody in a segment is not written to by e-mail, decided when the campaign is dispatched and again at the moment of sending.
/// </summary>
public static class Eligibility
{
    /// <summary>Expression over the audience row <c>a</c>; NULL where nothing speaks against it. The sender asks the same.</summary>
    public const string ReasonSql =
        """
        CASE
            WHEN a.email IS NULL THEN 'no_email'
            WHEN NOT a.consent_email THEN 'no_consent'
            WHEN EXISTS (SELECT 1 FROM suppressions s WHERE s.customer_id = a.customer_id AND s.channel = 'email') THEN 'suppressed'
        END
        """;
}
