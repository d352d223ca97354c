using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Persistence;

/// <summary>A customer as stored, with the consents in force.</summary>
internal sealed class CustomerRow
{
    public Guid Id { get; init; }
    public long Version { get; init; }
    public string Number { get; init; } = "";
    public string? Source { get; init; }
    public string? SourceId { get; init; }
    public string DisplayName { get; init; } = "";
    public string? GivenName { get; init; }
    public string? FamilyName { get; init; }
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public string Language { get; init; } = "";
    public string TimeZone { get; init; } = "";
    public string? Street { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? Gender { get; init; }
    public string[] Tags { get; init; } = [];
    public string LifecycleStage { get; init; } = "";
    public Guid? ReferredBy { get; init; }
    public DateTimeOffset RegisteredAt { get; init; }
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>JSON, as <see cref="CustomerStore"/> reads it.</summary>
    public string Consents { get; init; } = "[]";

    public string Preferences { get; init; } = "[]";
    public string CustomFields { get; init; } = "[]";

    public OwnFields Own => OwnFields.FromStored(Preferences, CustomFields);

    public IReadOnlyList<ConsentState> CurrentConsents =>
        [.. JsonSerializer.Deserialize<List<ConsentState>>(Consents, JsonSerializerOptions.Web)!.Select(state => state with { EffectiveAt = state.EffectiveAt.ToUniversalTime() })];

    public CustomerSnapshot ToSnapshot() => new()
    {
        CustomerId = Id,
        Version = Version,
        Source = Source,
        SourceId = SourceId,
        DisplayName = DisplayName,
        GivenName = GivenName,
        FamilyName = FamilyName,
        Email = Email,
        Phone = Phone,
        Language = Language,
        TimeZone = TimeZone,
        Street = Street,
        PostalCode = PostalCode,
        City = City,
        Province = Province,
        Country = Country,
        BirthDate = BirthDate,
        Gender = Gender,
        Tags = Tags,
        Preferences = Own.Preferences,
        CustomFields = Own.CustomFields,
        LifecycleStage = LifecycleStage,
        ReferredBy = ReferredBy,
        RegisteredAt = RegisteredAt,
        Consents = CurrentConsents,
    };
}

/// <summary>Reads customers whole, and tells the other services about them.</summary>
public sealed class CustomerStore(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    /// <summary>Customers in one event at most.</summary>
    private const int EventSize = 500;

    private const string Select =
        """
        SELECT c.id, c.version, c.number, c.source, c.source_id, c.display_name, c.given_name, c.family_name, c.email, c.phone, c.language,
               c.time_zone, c.street, c.city, c.province, c.postal_code, c.country, c.birth_date, c.gender, c.tags, c.lifecycle_stage,
               c.referred_by, c.registered_at, c.changed_at, c.preferences::text AS preferences, c.custom_fields::text AS custom_fields,
               coalesce((SELECT jsonb_agg(jsonb_build_object('channel', k.channel, 'purpose', k.purpose, 'granted', k.granted,
                                                             'effectiveAt', k.effective_at) ORDER BY k.channel, k.purpose)
                         FROM consents k WHERE k.customer_id = c.id), '[]')::text AS consents
        FROM customers c
        """;

    /// <summary>The id of a customer who was merged into another answers with that one.</summary>
    internal Task<CustomerRow?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<CustomerRow>(Select + " WHERE c.id = current_customer(@id) AND c.erased_at IS NULL", new { id }, cancellationToken);

    /// <summary>Who the customer is by now; the id itself where it was never merged.</summary>
    internal Task<Guid> CurrentIdAsync(Guid id, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<Guid>("SELECT current_customer(@id)", new { id }, cancellationToken);

    /// <summary>Customers <c>c</c> that meet a condition of the caller's own, with its order and limit.</summary>
    internal Task<IReadOnlyList<CustomerRow>> QueryAsync(string condition, object parameters, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<CustomerRow>($"{Select} WHERE {condition}", parameters, cancellationToken);

    internal async Task<bool> ExistsAsync(Guid id, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM customers WHERE id = current_customer(@id) AND erased_at IS NULL)", new { id }, cancellationToken);

    /// <summary>Publishes the present state of customers that were just registered.</summary>
    internal async Task PublishRegisteredAsync(IReadOnlyCollection<Guid> customerIds, CancellationToken cancellationToken)
    {
        foreach (var chunk in (await SnapshotsAsync(customerIds, cancellationToken)).Chunk(EventSize))
        {
            unitOfWork.Enqueue(new CustomersRegistered(ids.Next(), time.GetUtcNow(), chunk));
        }
    }

    /// <summary>Publishes the present state of customers that were just changed.</summary>
    internal async Task PublishChangedAsync(IReadOnlyCollection<Guid> customerIds, CancellationToken cancellationToken)
    {
        foreach (var chunk in (await SnapshotsAsync(customerIds, cancellationToken)).Chunk(EventSize))
        {
            unitOfWork.Enqueue(new CustomersChanged(ids.Next(), time.GetUtcNow(), chunk));
        }
    }

    /// <summary>
    /// Connects referrals by the source's keys, whichever of the two arrived first: of the customers given, and of earlier ones that waited for
    /// one of them. Returns the latter, which got a new version.
    /// </summary>
    internal async Task<IReadOnlyList<Guid>> ResolveReferralsAsync(Guid[] customerIds, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            UPDATE customers c SET referred_by = r.id FROM customers r
            WHERE c.id = ANY(@customerIds) AND c.referred_by IS NULL AND r.source = c.source AND r.source_id = c.referred_by_source_id
            """,
            new { customerIds },
            cancellationToken);
        return await unitOfWork.QueryAsync<Guid>(
            """
            UPDATE customers c SET referred_by = r.id, version = c.version + 1, changed_at = @now FROM customers r
            WHERE r.id = ANY(@customerIds) AND c.source = r.source AND c.referred_by_source_id = r.source_id AND c.referred_by IS NULL
            RETURNING c.id
            """,
            new { customerIds, now = time.GetUtcNow() },
            cancellationToken);
    }

    private async Task<IEnumerable<CustomerSnapshot>> SnapshotsAsync(IReadOnlyCollection<Guid> customerIds, CancellationToken cancellationToken)
    {
        if (customerIds.Count == 0) return [];
        var rows = await unitOfWork.QueryAsync<CustomerRow>(Select + " WHERE c.id = ANY(@ids) AND c.merged_into IS NULL AND c.erased_at IS NULL ORDER BY c.id", new { ids = customerIds.ToArray() }, cancellationToken);
        return rows.Select(row => row.ToSnapshot());
    }
}
