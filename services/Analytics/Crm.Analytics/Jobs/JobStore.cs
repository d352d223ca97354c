using System.Text.Json;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Jobs;

/// <summary>Jobs as their callers see them: ask for one, read it.</summary>
internal sealed class JobStore(UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor)
{
    /// <param name="scheduleKey">Work of a schedule happens once per key, however many replicas ask for it.</param>
    public async Task<Job> AddAsync(string kind, string currency, object parameters, string? scheduleKey, CancellationToken cancellationToken)
    {
        var id = ids.Next();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO jobs (id, kind, state, currency, params, schedule_key, run_after, created_at, created_by)
            VALUES (@id, @kind, 'queued', @currency, @parameters::jsonb, @scheduleKey, @now, @now, @creator) ON CONFLICT (schedule_key) DO NOTHING
            """,
            new
            {
                id, kind, currency, scheduleKey,
                parameters = JsonSerializer.Serialize(parameters, parameters.GetType(), EventTypes.Json),
                now = time.GetUtcNow(),
                creator = actor.Current?.Subject ?? Actor.System.Subject,
            },
            cancellationToken);
        return (await unitOfWork.QuerySingleOrDefaultAsync<Job>(
            $"SELECT {Job.Columns} FROM jobs WHERE id = @id OR schedule_key = @scheduleKey", new { id, scheduleKey }, cancellationToken))!;
    }

    public Task<Job?> FindAsync(string kind, Guid id, CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<Job>(
        $"SELECT {Job.Columns} FROM jobs WHERE kind = @kind AND id = @id", new { kind, id }, cancellationToken);

    public Task<IReadOnlyList<Job>> ListAsync(string kind, Guid? before, int limit, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Job>(
        $"SELECT {Job.Columns} FROM jobs WHERE kind = @kind AND (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit",
        new { kind, before, limit },
        cancellationToken);

    /// <summary>The newest finished fit for everyday use; one made for a backtest only where there is no other.</summary>
    public Task<Job?> LatestFitAsync(string currency, CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<Job>(
        $"""
        SELECT {Job.Columns} FROM jobs WHERE kind = '{JobKind.ModelFit}' AND state = 'succeeded' AND currency = @currency
        ORDER BY (params->>'named')::boolean, id DESC LIMIT 1
        """,
        new { currency },
        cancellationToken);

    /// <summary>The newest finished scoring run of each currency: what the current scores come from.</summary>
    public Task<IReadOnlyList<Job>> LatestScoringRunsAsync(CancellationToken cancellationToken) => unitOfWork.QueryAsync<Job>(
        $"""
        SELECT DISTINCT ON (currency) {Job.Columns} FROM jobs WHERE kind = '{JobKind.ScoringRun}' AND state = 'succeeded' ORDER BY currency, id DESC
        """,
        null,
        cancellationToken);
}
