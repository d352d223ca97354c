using System.Globalization;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.Sales.Contracts.Events.V1;
using MassTransit;

namespace Crm.Customer.Consumers;

public sealed class PurchaseReturnedConsumer(Timeline timeline) : IConsumer<PurchaseReturned>
{
    public Task Consume(ConsumeContext<PurchaseReturned> context) => timeline.AppendAsync([Entry(context.Message)], context.CancellationToken);

    private static TimelineEntry Entry(PurchaseReturned message) => TimelineEntry.Of(
        message.CustomerId, message.ReturnedAt, "purchase.returned", message.ReturnId.ToString(), "sales", $"purchase:{message.PurchaseId}",
        ("total", message.Total.ToString(CultureInfo.InvariantCulture)), ("currency", message.Currency),
        ("lines", message.Lines.Count.ToString(CultureInfo.InvariantCulture)), ("source", message.Source), ("sourceId", message.SourceId));
}
