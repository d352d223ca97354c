namespace Crm.Loyalty.Contracts.Events.V1;

/// <summary>Customers became members of the loyalty programme: one, or up to 500 of a bulk enrolment.</summary>
public sealed record MembersEnrolled(Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<EnrolledMember> Members);

public sealed record EnrolledMember(Guid MemberId, Guid CustomerId, string MemberNumber, DateTimeOffset EnrolledAt);
