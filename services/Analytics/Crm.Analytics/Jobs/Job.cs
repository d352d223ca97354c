using System.Text.Json;
using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Messaging;

namespace Crm.Analytics.Jobs;

internal static class JobKind
{
    public const string ModelFit = "model-fit";
    public const string ScoringRun = "scoring-run";
    public const string OfferRules = "offer-rules";
    public const string AlertScan = "alert-scan";
    public const string IssueScan = "issue-scan";
    public const string Segmentation = "segmentation";
    public const string Rebuild = "projection-rebuild";
    public const string Report = "report";
}

/// <summary>What a fit of the models is asked to do.</summary>
/// <param name="CalibrationEnd">Last day of the observation.</param>
/// <param name="ThenScore">Rescore everybody with the result.</param>
/// <param name="Named">Asked for with a calibration end of its own, as for a backtest: used for scoring only by name.</param>
internal sealed record ModelFitParams(DateOnly CalibrationEnd, bool ThenScore, bool Named);

internal sealed record ScoringRunParams(DateOnly AsOf, Guid ModelFitId, int HorizonDays, DateOnly WindowFrom);

internal sealed record ScoringRunResult(long Customers, string ModelVersion, DateTimeOffset InputsAsOf, DateTimeOffset ComputedAt, PopulationRanks Ranks);

/// <summary>A row of <c>jobs</c>.</summary>
internal sealed record Job(
    Guid Id, string Kind, string State, string Currency, string Params, string? Phase, long Done, long Total, string? Cursor, string? Result,
    string? ErrorCode, string? ErrorMessage, int Attempts, DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public const string Columns =
        """
        id, kind, state, currency, params::text AS params, phase, done, total, cursor, result::text AS result,
        error_code, error_message, attempts, created_at, created_by, started_at, finished_at
        """;

    public T ParamsAs<T>() => JsonSerializer.Deserialize<T>(Params, EventTypes.Json)!;

    public T? ResultAs<T>()
        where T : class => Result is null ? null : JsonSerializer.Deserialize<T>(Result, EventTypes.Json);
}

/// <summary>The job was claimed by another worker after this one's lease had lapsed: everything since the last saved step is void.</summary>
internal sealed class JobLostException(Guid job) : Exception($"Job {job} belongs to another worker now.");
