using Crm.Loyalty.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Consumers;

public sealed class MembersEnrolledConsumer(UnitOfWork unitOfWork) : IConsumer<MembersEnrolled>
{
    public Task Consume(ConsumeContext<MembersEnrolled> context) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO audience (customer_id, is_member) SELECT c, true FROM unnest(@customers) AS c ORDER BY c
        ON CONFLICT (customer_id) DO UPDATE SET is_member = true
        """,
        new { customers = context.Message.Members.Select(member => member.CustomerId).Distinct().ToArray() },
        context.CancellationToken);
}

/// <summary>The balance after the newest journal that has arrived.</summary>
public sealed class PointsPostedConsumer(UnitOfWork unitOfWork) : IConsumer<PointsPosted>
{
    public Task Consume(ConsumeContext<PointsPosted> context)
    {
        var newest = context.Message.Journals.GroupBy(journal => journal.CustomerId).Select(same => same.MaxBy(journal => journal.MemberVersion)!).ToArray();
        return unitOfWork.ExecuteAsync(
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
    }
}
