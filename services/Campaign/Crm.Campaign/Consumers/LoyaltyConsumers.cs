using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

public sealed class MembersEnrolledConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<MembersEnrolled>
{
    public async Task Consume(ConsumeContext<MembersEnrolled> context)
    {
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience (customer_id, is_member) SELECT c, true FROM unnest(@customers) AS c ORDER BY c
            ON CONFLICT (customer_id) DO UPDATE SET is_member = true
            """,
            new { customers = context.Message.Members.Select(member => member.CustomerId).Distinct().ToArray() },
            context.CancellationToken);
        await journeys.RaiseAsync(
            JourneyEvents.MemberEnrolled,
            [.. context.Message.Members.Select(member => new JourneyEvent(member.CustomerId, $"member:{member.MemberId}", member.EnrolledAt))],
            context.CancellationToken);
    }
}

/// <summary>The balance after the newest journal that has arrived.</summary>
public sealed class PointsPostedConsumer(UnitOfWork unitOfWork, JourneyTriggers journeys) : IConsumer<PointsPosted>
{
    public async Task Consume(ConsumeContext<PointsPosted> context)
    {
        var newest = context.Message.Journals.GroupBy(journal => journal.CustomerId).Select(same => same.MaxBy(journal => journal.MemberVersion)!).ToArray();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO audience (customer_id, is_member, member_version, points)
            SELECT j.customer_id, true, j.member_version, j.points FROM unnest(@customers, @versions, @points) AS j (customer_id, member_version, points)
            ORDER BY j.customer_id
            ON CONFLICT (customer_id) DO UPDATE SET is_member = true, member_version = excluded.member_version, points = excluded.points
            WHERE audience.member_version < excluded.member_version
            """,
            new
            {
                customers = newest.Select(journal => journal.CustomerId).ToArray(),
                versions = newest.Select(journal => journal.MemberVersion).ToArray(),
                points = newest.Select(journal => journal.AvailableAfter).ToArray(),
            },
            context.CancellationToken);
        await unitOfWork.ExecuteAsync(
            "UPDATE journey_awards SET posted_at = p.at FROM unnest(@awards, @instants) AS p (award_id, at) WHERE journey_awards.award_id = p.award_id AND posted_at IS NULL",
            Awards(context.Message),
            context.CancellationToken);
        await journeys.RaiseAsync(
            JourneyEvents.PointsPosted,
            [.. context.Message.Journals.Select(journal => new JourneyEvent(journal.CustomerId, $"journal:{journal.JournalId}", journal.OccurredAt))],
            context.CancellationToken);
    }

    /// <summary>Journals of points that our own journeys gave.</summary>
    private static object Awards(PointsPosted posted)
    {
        const string ours = "award:campaign:";
        var journals = posted.Journals.Where(journal => journal.Reference.StartsWith(ours, StringComparison.Ordinal)).ToArray();
        return new
        {
            awards = journals.Select(journal => Guid.Parse(journal.Reference[ours.Length..])).ToArray(),
            instants = journals.Select(journal => journal.OccurredAt.UtcDateTime).ToArray(),
        };
    }
}
