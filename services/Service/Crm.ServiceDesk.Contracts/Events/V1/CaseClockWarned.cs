namespace Crm.ServiceDesk.Contracts.Events.V1;

/// <summary>A case has used up the warning's share of the time within which it was to be answered or resolved. Told once for each span of a clock.</summary>
/// <param name="Clock">FirstResponse or Resolution.</param>
/// <param name="Cycle">Which span of the clock, from 1.</param>
/// <param name="DueAt">When the warning was due.</param>
/// <param name="IsLate">Told more than a minute after it was due.</param>
public sealed record CaseClockWarned(
    Guid EventId,
    DateTimeOffset OccurredAt,
    Guid CaseId,
    string Number,
    Guid CustomerId,
    string Clock,
    int Cycle,
    string Priority,
    string? Assignee,
    DateTimeOffset DueAt,
    bool IsLate);
