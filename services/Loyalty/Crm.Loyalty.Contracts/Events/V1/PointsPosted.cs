namespace Crm.Loyalty.Contracts.Events.V1;

/// <summary>Journals were posted to the points ledger: one, or up to 500 at once.</summary>
public sealed record PointsPosted(Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<PostedJournal> Journals);

/// <param name="Kind">earn, reverse, redeem, adjust.</param>
/// <param name="Points">Change of the available balance; negative where points leave.</param>
/// <param name="AvailableAfter">Available balance after this journal.</param>
/// <param name="MemberVersion">Version of the member's account after this journal; a higher one is newer.</param>
/// <param name="Reference">The business fact: <c>purchase:SOURCE:ID</c>, <c>return:ID</c>, <c>award:SOURCE:ID</c>.</param>
public sealed record PostedJournal(
    Guid JournalId, Guid MemberId, Guid CustomerId, string Kind, long Points, long AvailableAfter, long MemberVersion, string Reference,
    DateTimeOffset OccurredAt);
