using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.Loyalty.Contracts.Events.V1;
using MassTransit;

namespace Crm.Customer.Consumers;

public sealed class MembersEnrolledConsumer(Timeline timeline) : IConsumer<MembersEnrolled>
{
    public Task Consume(ConsumeContext<MembersEnrolled> context) =>
        timeline.AppendAsync([.. context.Message.Members.Select(Entry)], context.CancellationToken);

    private static TimelineEntry Entry(EnrolledMember member) => TimelineEntry.Of(
        member.CustomerId, member.EnrolledAt, "loyalty.enrolled", member.MemberId.ToString(), "loyalty", $"member:{member.MemberId}",
        ("memberNumber", member.MemberNumber));
}
