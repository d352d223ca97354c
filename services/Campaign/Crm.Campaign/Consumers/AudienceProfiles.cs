using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Consumers;

/// <summary>
/// Writes what Customer tells into the audience. Profiles and consents have clocks of their own (version, effective instant): each part
/// of a row takes the newer, whatever order the events arrive in.
/// </summary>
internal static class AudienceProfiles
{
    private const string Marketing = "marketing";
    private static readonly string[] Channels = ["email", "sms", "whatsapp", "phone", "post", "push", "webhook"];

    private static readonly string[] ProfileColumns =
    [
        "display_name", "given_name", "email", "phone", "language", "time_zone", "street", "postal_code", "city", "province", "country", "gender", "birth_date", "tags",
        "lifecycle_stage", "registered_at", "preferences", "custom_fields",
    ];

    private static readonly string ConsentColumns = string.Join(", ", Channels.Select(channel => $"consent_{channel}, consent_{channel}_at"));
    private static readonly string ConsentValues = string.Join(", ", Channels.Select(channel => $"coalesce(x.consent_{channel}, false), x.consent_{channel}_at"));
    private static readonly string ConsentTypes = string.Join(", ", Channels.Select(channel => $"consent_{channel} boolean, consent_{channel}_at timestamptz"));

    // Of two decisions at the same instant the refusal counts.
    private static readonly string TakeNewerConsents = string.Join(", ", Channels.Select(channel =>
        $"""
        consent_{channel} = CASE
            WHEN excluded.consent_{channel}_at IS NULL THEN audience.consent_{channel}
            WHEN audience.consent_{channel}_at IS NULL OR excluded.consent_{channel}_at > audience.consent_{channel}_at THEN excluded.consent_{channel}
            WHEN excluded.consent_{channel}_at = audience.consent_{channel}_at THEN audience.consent_{channel} AND excluded.consent_{channel}
            ELSE audience.consent_{channel} END,
        consent_{channel}_at = greatest(audience.consent_{channel}_at, excluded.consent_{channel}_at)
        """));

    private static readonly string TakeNewerProfile = string.Join(", ", ProfileColumns.Append("profile_version").Select(column =>
        $"{column} = CASE WHEN excluded.profile_version > coalesce(audience.profile_version, 0) THEN excluded.{column} ELSE audience.{column} END"));

    private static readonly string UpsertProfiles =
        $"""
        INSERT INTO audience (customer_id, profile_version, {string.Join(", ", ProfileColumns)}, {ConsentColumns})
        SELECT x.customer_id, x.profile_version, {string.Join(", ", ProfileColumns.Select(column => "x." + column))}, {ConsentValues}
        FROM jsonb_to_recordset(@rows::jsonb) AS x (
            customer_id uuid, profile_version bigint, display_name text, given_name text, email text, phone text, language text, time_zone text,
            street text, postal_code text, city text, province text, country text, gender text, birth_date date, tags text[], lifecycle_stage text,
            registered_at timestamptz, preferences jsonb, custom_fields jsonb, {ConsentTypes})
        ORDER BY x.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET {TakeNewerProfile}, {TakeNewerConsents}
        """;

    private static readonly string UpsertConsents =
        $"""
        INSERT INTO audience (customer_id, {ConsentColumns})
        SELECT x.customer_id, {ConsentValues} FROM jsonb_to_recordset(@rows::jsonb) AS x (customer_id uuid, {ConsentTypes}) ORDER BY x.customer_id
        ON CONFLICT (customer_id) DO UPDATE SET {TakeNewerConsents}
        """;

    public static async Task ApplyAsync(IReadOnlyList<CustomerSnapshot> customers, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        // One statement touches a row once only; of several snapshots of a customer in one event the newest matters.
        var rows = customers.GroupBy(customer => customer.CustomerId).Select(same => same.MaxBy(customer => customer.Version)!).Select(ToRow);
        await unitOfWork.ExecuteAsync(UpsertProfiles, new { rows = JsonSerializer.Serialize(rows) }, cancellationToken);
        await LiftSuppressionsAsync(customers.SelectMany(customer => customer.Consents.Select(consent => (customer.CustomerId, consent))), unitOfWork, cancellationToken);
    }

    public static async Task ApplyAsync(Guid customerId, ConsentState consent, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var row = new Dictionary<string, object?> { ["customer_id"] = customerId };
        AddConsents(row, [consent]);
        await unitOfWork.ExecuteAsync(UpsertConsents, new { rows = JsonSerializer.Serialize(new[] { row }) }, cancellationToken);
        await LiftSuppressionsAsync([(customerId, consent)], unitOfWork, cancellationToken);
    }

    private static Dictionary<string, object?> ToRow(CustomerSnapshot customer)
    {
        var row = new Dictionary<string, object?>
        {
            ["customer_id"] = customer.CustomerId,
            ["profile_version"] = customer.Version,
            ["display_name"] = customer.DisplayName,
            ["given_name"] = customer.GivenName,
            ["email"] = customer.Email,
            ["phone"] = customer.Phone,
            ["language"] = customer.Language,
            ["time_zone"] = customer.TimeZone,
            ["street"] = customer.Street,
            ["postal_code"] = customer.PostalCode,
            ["city"] = customer.City,
            ["province"] = customer.Province,
            ["country"] = customer.Country,
            ["gender"] = customer.Gender,
            ["birth_date"] = customer.BirthDate,
            ["tags"] = customer.Tags,
            ["lifecycle_stage"] = customer.LifecycleStage,
            ["registered_at"] = customer.RegisteredAt,
            ["preferences"] = customer.Preferences.DistinctBy(preference => preference.Name).ToDictionary(preference => preference.Name, preference => preference.Values),
            ["custom_fields"] = customer.CustomFields.DistinctBy(field => field.Name).ToDictionary(field => field.Name, ToValue),
        };
        AddConsents(row, customer.Consents);
        return row;
    }

    /// <summary>Each type under a key of its own: a question about a date never meets a text.</summary>
    private static Dictionary<string, object> ToValue(CustomFieldState field) => field switch
    {
        { Text: { } text } => new() { ["text"] = text },
        { Number: { } number } => new() { ["number"] = number },
        { Date: { } date } => new() { ["date"] = date },
        { Flag: { } flag } => new() { ["flag"] = flag },
        _ => [],
    };

    private static void AddConsents(Dictionary<string, object?> row, IEnumerable<ConsentState> consents)
    {
        foreach (var consent in consents.Where(IsKept))
        {
            row[$"consent_{consent.Channel}"] = consent.Granted;
            row[$"consent_{consent.Channel}_at"] = consent.EffectiveAt;
        }
    }

    /// <summary>Who unsubscribed and later consents anew is written to again, on each channel that the consent is for.</summary>
    private static async Task LiftSuppressionsAsync(
        IEnumerable<(Guid CustomerId, ConsentState Consent)> decisions, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var granted = decisions.Where(decision => IsKept(decision.Consent) && decision.Consent.Granted).ToArray();
        if (granted.Length == 0) return;
        await unitOfWork.ExecuteAsync(
            """
            DELETE FROM suppressions s USING unnest(@customers, @channels, @instants) AS g (customer_id, channel, effective_at)
            WHERE s.customer_id = g.customer_id AND s.reason = 'unsubscribed' AND s.created_at < g.effective_at
                AND (s.channel = g.channel OR (g.channel, s.channel) IN (('sms', 'whatsapp'), ('push', 'webhook')))
            """,
            new
            {
                customers = granted.Select(decision => decision.CustomerId).ToArray(),
                channels = granted.Select(decision => decision.Consent.Channel).ToArray(),
                instants = granted.Select(decision => decision.Consent.EffectiveAt.UtcDateTime).ToArray(),
            },
            cancellationToken);
    }

    private static bool IsKept(ConsentState consent) => consent.Purpose == Marketing && Channels.Contains(consent.Channel);
}
