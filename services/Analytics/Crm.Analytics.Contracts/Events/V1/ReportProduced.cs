namespace Crm.Analytics.Contracts.Events.V1;

/// <summary>A run of a saved report is over: its table is kept and can be fetched, or its question failed and the reason is told. For its owner.</summary>
/// <param name="Owner">Subject of the person whose report it is.</param>
/// <param name="DueAt">When the schedule wanted it; null for a run that somebody asked for.</param>
/// <param name="Rows">Groups in the table; 0 where it failed.</param>
/// <param name="ErrorCode">Stable code of the reason; null where it succeeded.</param>
public sealed record ReportProduced(
    Guid EventId, DateTimeOffset OccurredAt, Guid RunId, Guid ReportId, string Name, string Owner, DateTimeOffset? DueAt, DateOnly From, DateOnly To, int Rows,
    string? ErrorCode, string? ErrorMessage);
