using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>
/// Adds and removes tags that a journey asks for. Who has them already, is unknown, or has as many as fit, stays as he is; the others get a
/// new version that all services learn of.
/// </summary>
public sealed class TagChangesRequestedConsumer(UnitOfWork unitOfWork, CustomerStore store, Timeline timeline, TimeProvider time) : IConsumer<TagChangesRequested>
{
    public async Task Consume(ConsumeContext<TagChangesRequested> context)
    {
        var message = context.Message;
        var changed = await unitOfWork.QueryAsync<ChangedCustomer>(
            """
            WITH wanted AS (
                SELECT c.id, ARRAY(
                    SELECT t FROM unnest(c.tags || @add) AS t WHERE t <> ALL(@remove) GROUP BY t ORDER BY t COLLATE "C") AS tags
                FROM customers c WHERE c.id = ANY(@ids) ORDER BY c.id FOR NO KEY UPDATE)
            UPDATE customers c SET tags = w.tags, version = c.version + 1, changed_at = @now
            FROM wanted w WHERE c.id = w.id AND c.tags <> w.tags AND cardinality(w.tags) <= @MaxTags
            RETURNING c.id, c.version
            """,
            new
            {
                ids = message.CustomerIds.ToArray(), add = message.Add.ToArray(), remove = message.Remove.ToArray(), now = time.GetUtcNow(), CustomerDetails.MaxTags,
            },
            context.CancellationToken);
        await timeline.AppendAsync(
            [.. changed.Select(customer => TimelineEntry.Of(
                customer.Id, message.OccurredAt, "customer.changed", $"{customer.Id}:{customer.Version}", "campaign", $"journey:{message.JourneyId}",
                ("fields", "tags"), ("journey", message.JourneyName)))],
            context.CancellationToken);
        await store.PublishChangedAsync([.. changed.Select(customer => customer.Id)], context.CancellationToken);
    }

    private sealed record ChangedCustomer(Guid Id, long Version);
}
