using System.Globalization;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.Loyalty.Contracts.Events.V1;
using MassTransit;

namespace Crm.Customer.Consumers;

public sealed class PointsPostedConsumer(Timeline timeline) : IConsumer<PointsPosted>
{
    public Task Consume(ConsumeContext<PointsPosted> context) =>
        timeline.AppendAsync([.. context.Message.Journals.Select(Entry)], context.CancellationToken);

    private static TimelineEntry Entry(PostedJournal journal) => TimelineEntry.Of(
        journal.CustomerId, journal.OccurredAt, KindOf(journal.Kind), journal.JournalId.ToString(), "loyalty", $"journal:{journal.JournalId}",
        ("points", journal.Points.ToString(CultureInfo.InvariantCulture)), ("balance", journal.AvailableAfter.ToString(CultureInfo.InvariantCulture)),
        ("reference", journal.Reference));

    private static string KindOf(string journal) => journal switch
    {
        "earn" => "points.earned",
        "reverse" => "points.reversed",
        "redeem" => "points.redeemed",
        _ => "points.adjusted",
    };
}
