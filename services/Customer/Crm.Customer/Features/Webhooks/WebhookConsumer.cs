using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Customer.Features.Webhooks;

/// <summary>
/// Turns this service's own events into deliveries, in one transaction with the inbox: what was published is delivered, at least once. A body names who it is about
/// and no more: receivers read the rest by the API with the rights that they have, and nothing of a person stays in a delivery log.
/// </summary>
public sealed class WebhookConsumer(UnitOfWork unitOfWork, Ids ids, TimeProvider time) :
    IConsumer<CustomersRegistered>, IConsumer<CustomersChanged>, IConsumer<CustomerMerged>, IConsumer<CustomerUnmerged>, IConsumer<ConsentChanged>, IConsumer<ErasureRequested>
{
    internal static readonly IReadOnlyList<string> Types = ["customers.registered", "customers.changed", "customer.merged", "customer.unmerged", "consent.changed", "customer.erased"];

    public Task Consume(ConsumeContext<CustomersRegistered> context) =>
        AddAsync(context.Message.EventId, context.Message.OccurredAt, Types[0], new { customers = context.Message.Customers.Select(customer => new { customer.CustomerId, customer.Version }) }, context.CancellationToken);

    public Task Consume(ConsumeContext<CustomersChanged> context) =>
        AddAsync(context.Message.EventId, context.Message.OccurredAt, Types[1], new { customers = context.Message.Customers.Select(customer => new { customer.CustomerId, customer.Version }) }, context.CancellationToken);

    public Task Consume(ConsumeContext<CustomerMerged> context) =>
        AddAsync(context.Message.EventId, context.Message.OccurredAt, Types[2], new { context.Message.SurvivorId, context.Message.AbsorbedId }, context.CancellationToken);

    public Task Consume(ConsumeContext<CustomerUnmerged> context) =>
        AddAsync(context.Message.EventId, context.Message.OccurredAt, Types[3], new { context.Message.SurvivorId, context.Message.AbsorbedId }, context.CancellationToken);

    public Task Consume(ConsumeContext<ConsentChanged> context) =>
        AddAsync(context.Message.EventId, context.Message.OccurredAt, Types[4], new { context.Message.CustomerId, context.Message.Consent }, context.CancellationToken);

    /// <summary>The second round of an erasure is the same news.</summary>
    public Task Consume(ConsumeContext<ErasureRequested> context) =>
        AddAsync(context.Message.RequestId, context.Message.OccurredAt, Types[5], new { context.Message.CustomerIds }, context.CancellationToken);

    private async Task AddAsync(Guid eventId, DateTimeOffset occurredAt, string type, object data, CancellationToken cancellationToken)
    {
        var subscriptions = await unitOfWork.QueryAsync<Guid>("SELECT id FROM webhook_subscriptions WHERE is_active AND @type = ANY(event_types) ORDER BY id", new { type }, cancellationToken);
        if (subscriptions.Count == 0) return;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO webhook_deliveries (id, subscription_id, event_id, type, body, next_attempt_at, created_at)
            SELECT d.id, d.subscription, @eventId, @type, @body, @now, @now FROM unnest(@ids, @subscriptions) AS d (id, subscription) ON CONFLICT (subscription_id, event_id) DO NOTHING
            """,
            new
            {
                eventId, type, body = Body(type, occurredAt, data), now = time.GetUtcNow(), ids = subscriptions.Select(_ => ids.Next()).ToArray(), subscriptions = subscriptions.ToArray(),
            },
            cancellationToken);
    }

    internal static string Body(string type, DateTimeOffset at, object data) => JsonSerializer.Serialize(new { type, timestamp = at, data }, JsonSerializerOptions.Web);
}
