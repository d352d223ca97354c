using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Consumers;

/// <summary>
/// What profiles tell the journeys. A tag was added where the snapshot has it and the audience's row, of an older version, had not; so it
/// must be asked before the snapshot is written.
/// </summary>
internal static class CustomerJourneys
{
    public static async Task<IReadOnlyDictionary<Guid, KnownTags>> TagsAsync(
        IReadOnlyList<CustomerSnapshot> customers, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        (await unitOfWork.QueryAsync<KnownTags>(
            "SELECT customer_id, coalesce(profile_version, 0) AS version, tags FROM audience WHERE customer_id = ANY(@ids) ORDER BY customer_id FOR NO KEY UPDATE",
            new { ids = customers.Select(customer => customer.CustomerId).ToArray() },
            cancellationToken)).ToDictionary(known => known.CustomerId);

    /// <summary>The referrer of a new customer is told of too.</summary>
    public static async Task RegisteredAsync(IReadOnlyList<CustomerSnapshot> customers, JourneyTriggers journeys, CancellationToken cancellationToken)
    {
        await journeys.RaiseAsync(
            JourneyEvents.CustomerRegistered, [.. customers.Select(customer => new JourneyEvent(customer.CustomerId, "registered", customer.RegisteredAt))], cancellationToken);
        await journeys.RaiseAsync(
            JourneyEvents.CustomerReferred,
            [.. customers.Where(customer => customer.ReferredBy is not null).Select(customer => new JourneyEvent(customer.ReferredBy!.Value, $"referred:{customer.CustomerId}", customer.RegisteredAt))],
            cancellationToken);
    }

    public static async Task ChangedAsync(
        IReadOnlyList<CustomerSnapshot> customers, IReadOnlyDictionary<Guid, KnownTags> before, DateTimeOffset occurredAt, JourneyTriggers journeys, CancellationToken cancellationToken)
    {
        var newer = customers.GroupBy(customer => customer.CustomerId).Select(same => same.MaxBy(customer => customer.Version)!)
            .Where(customer => !before.TryGetValue(customer.CustomerId, out var known) || known.Version < customer.Version).ToArray();
        await journeys.RaiseAsync(
            JourneyEvents.CustomerChanged, [.. newer.Select(customer => new JourneyEvent(customer.CustomerId, $"changed:{customer.Version}", occurredAt))], cancellationToken);
        var added = newer.SelectMany(customer => customer.Tags.Except(before.TryGetValue(customer.CustomerId, out var known) ? known.Tags : []).Select(tag => (Tag: tag, Customer: customer)));
        foreach (var same in added.GroupBy(pair => pair.Tag).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            await journeys.RaiseAsync(
                JourneyEvents.TagAdded(same.Key),
                [.. same.Select(pair => new JourneyEvent(pair.Customer.CustomerId, $"tagged:{pair.Customer.Version}", occurredAt))],
                cancellationToken);
        }
    }
}

internal sealed record KnownTags(Guid CustomerId, long Version, string[] Tags);
