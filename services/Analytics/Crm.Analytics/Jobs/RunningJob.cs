using System.Text.Json;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Jobs;

/// <summary>Does the work of one kind of job.</summary>
internal interface IJobHandler
{
    /// <summary>Runs, or takes up again, the job up to <see cref="RunningJob.CompleteAsync"/>. Refusals are thrown as ErrorException.</summary>
    Task RunAsync(RunningJob job, CancellationToken cancellationToken);
}

/// <summary>
/// A job in the hands of a worker. Progress is saved in the transaction of the step that made it, and only while the job is still this
/// worker's: so no step happens twice, whatever is killed when.
/// </summary>
internal sealed class RunningJob(Job job, string worker, TimeSpan lease, TimeProvider time)
{
    public Job Job { get; private set; } = job;

    /// <summary>Saves where the job is and commits the step.</summary>
    public async Task SaveAsync(UnitOfWork unitOfWork, string phase, long done, long total, string? cursor, CancellationToken cancellationToken)
    {
        await UpdateAsync(
            unitOfWork, "phase = @phase, done = @done, total = @total, cursor = @cursor",
            new { Job.Id, worker, until = time.GetUtcNow() + lease, phase, done, total, cursor }, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        Job = Job with { Phase = phase, Done = done, Total = total, Cursor = cursor };
    }

    /// <summary>Stores the result and commits; the job is over.</summary>
    public async Task CompleteAsync(UnitOfWork unitOfWork, CancellationToken cancellationToken, object? result = null)
    {
        await UpdateAsync(
            unitOfWork, "state = 'succeeded', phase = NULL, cursor = NULL, finished_at = @now, result = coalesce(@result::jsonb, result)",
            new
            {
                Job.Id, worker, until = (DateTimeOffset?)null, now = time.GetUtcNow(),
                result = result is null ? null : JsonSerializer.Serialize(result, result.GetType(), EventTypes.Json),
            },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    /// <summary>Stores a result that later phases need; part of the step that is saved next.</summary>
    public Task StoreResultAsync(UnitOfWork unitOfWork, object result, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.Serialize(result, result.GetType(), EventTypes.Json);
        Job = Job with { Result = json };
        return UpdateAsync(unitOfWork, "result = @json::jsonb", new { Job.Id, worker, until = time.GetUtcNow() + lease, json }, cancellationToken);
    }

    private async Task UpdateAsync(UnitOfWork unitOfWork, string set, object args, CancellationToken cancellationToken)
    {
        var mine = await unitOfWork.ExecuteAsync(
            $"UPDATE jobs SET {set}, lease_until = @until WHERE id = @Id AND worker = @worker AND state = 'running'", args, cancellationToken);
        if (mine == 0) throw new JobLostException(Job.Id);
    }
}
