using System.Globalization;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>The timeline keeps each tier with its time; of it the record as of an instant is read.</summary>
public sealed class ServiceTierSetConsumer(Timeline timeline) : IConsumer<ServiceTierSet>
{
    internal const string Kind = "service.tier_set";

    public Task Consume(ConsumeContext<ServiceTierSet> context)
    {
        var set = context.Message;
        return timeline.AppendAsync(
            [TimelineEntry.Of(set.CustomerId, set.OccurredAt, Kind, set.EventId.ToString(), "analytics", $"customer:{set.CustomerId}", ("tier", set.Tier.ToString(CultureInfo.InvariantCulture)))],
            context.CancellationToken);
    }
}
