namespace Crm.ServiceDesk.Contracts.Events.V1;

/// <summary>A case was not answered or not resolved within the time that was promised. Told once for each span of a clock.</summary>
/// <param name="Clock">FirstResponse or Resolution.</param>
/// <param name="Cycle">Which span of the clock, from 1.</param>
/// <param name="DueAt">Until when it was promised.</param>
/// <param name="IsLate">Told more than a minute after it was due.</param>
public sealed record CaseClockBreached(
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
