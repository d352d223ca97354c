using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;

namespace Crm.Analytics.Features;

/// <summary>Where a job is: queued, running (with phase, done of total), succeeded or failed (with the error).</summary>
internal sealed record JobStatus(
    string State, string? Phase, long Done, long Total, int Attempts, string? ErrorCode, string? ErrorMessage, DateTimeOffset CreatedAt,
    string CreatedBy, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    public static JobStatus Of(Job job) => new(
        job.State, job.Phase, job.Done, job.Total, job.Attempts, job.ErrorCode, job.ErrorMessage, job.CreatedAt, job.CreatedBy, job.StartedAt, job.FinishedAt);
}

/// <summary>A fit of the models; <see cref="Result"/> is there once it has succeeded.</summary>
internal sealed record ModelFitResponse(Guid Id, string Currency, DateOnly CalibrationEnd, JobStatus Status, FittedModels? Result)
{
    public static ModelFitResponse Of(Job job) =>
        new(job.Id, job.Currency, job.ParamsAs<ModelFitParams>().CalibrationEnd, JobStatus.Of(job), job.ResultAs<FittedModels>());
}

/// <summary>A scoring of all customers of a currency.</summary>
internal sealed record ScoringRunResponse(
    Guid Id, string Currency, DateOnly AsOf, DateOnly WindowFrom, Guid ModelFitId, int HorizonDays, JobStatus Status, ScoringRunResponse.Summary? Result)
{
    public sealed record Summary(long Customers, string ModelVersion, DateTimeOffset InputsAsOf, DateTimeOffset ComputedAt);

    public static ScoringRunResponse Of(Job job)
    {
        var parameters = job.ParamsAs<ScoringRunParams>();
        var result = job.State == "succeeded" ? job.ResultAs<ScoringRunResult>() : null;
        return new ScoringRunResponse(
            job.Id, job.Currency, parameters.AsOf, parameters.WindowFrom, parameters.ModelFitId, parameters.HorizonDays, JobStatus.Of(job),
            result is null ? null : new Summary(result.Customers, result.ModelVersion, result.InputsAsOf, result.ComputedAt));
    }
}

/// <summary>Keyset of the lists of jobs.</summary>
internal sealed record JobPosition(Guid Id);
