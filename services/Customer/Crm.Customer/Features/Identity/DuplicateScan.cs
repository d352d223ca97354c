using Crm.Customer.Domain.Identity;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Customer.Features.Identity;

/// <summary>
/// Works off the running scan step by step, on any replica. First every customer's blocking keys are written, then the blocks are read in the order of
/// their keys and compared within themselves: the number of comparisons grows with the base, not with its square. Memory holds a step.
/// </summary>
internal sealed partial class DuplicateScan(IServiceScopeFactory scopes, TimeProvider time, ILogger<DuplicateScan> log) : BackgroundService
{
    private const int CustomersAStep = 5000;
    private const int BlocksAStep = 5000;

    /// <summary>More customers than this with one key share a value that says nothing: a call centre's number, a name of half the country.</summary>
    internal const int MaxBlock = 60;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await StepAsync(stoppingToken)) continue;
            }
            catch (NpgsqlException exception)
            {
                StepFailed(log, exception.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(PollInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One transaction of work; false where there is none, or another replica is at it.</summary>
    internal async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var scan = await unitOfWork.QuerySingleOrDefaultAsync<Scan>(
            "SELECT id, phase, cursor_id, cursor_key FROM duplicate_scans WHERE phase <> 'done' FOR UPDATE SKIP LOCKED", null, cancellationToken);
        if (scan is null) return false;
        var store = scope.ServiceProvider.GetRequiredService<IdentityStore>();
        await (scan.Phase == "keys" ? WriteKeysAsync(scan, unitOfWork, store, cancellationToken) : CompareAsync(scan, unitOfWork, store, cancellationToken));
        await unitOfWork.CommitAsync(cancellationToken);
        return true;
    }

    private static async Task WriteKeysAsync(Scan scan, UnitOfWork unitOfWork, IdentityStore store, CancellationToken cancellationToken)
    {
        if (scan.CursorId is null) await unitOfWork.ExecuteAsync("TRUNCATE duplicate_scan_keys", null, cancellationToken);
        var records = await store.LoadAfterAsync(scan.CursorId, CustomersAStep, cancellationToken);
        if (records.Count > 0)
        {
            var connection = await unitOfWork.OpenAsync(cancellationToken);
            await using var copy = await connection.BeginBinaryImportAsync("COPY duplicate_scan_keys (key, customer_id) FROM STDIN (FORMAT BINARY)", cancellationToken);
            var keys = new ulong[IdentityRecord.MaxKeys];
            foreach (var record in records)
            {
                var count = record.BlockingKeys(keys);
                for (var i = 0; i < count; i++)
                {
                    await copy.StartRowAsync(cancellationToken);
                    await copy.WriteAsync(unchecked((long)keys[i]), NpgsqlDbType.Bigint, cancellationToken);
                    await copy.WriteAsync(record.Id, NpgsqlDbType.Uuid, cancellationToken);
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }

        // The steps that follow read the keys in their order, by the index: the planner has to know that the table is no longer empty.
        var last = records.Count < CustomersAStep;
        if (last) await unitOfWork.ExecuteAsync("ANALYZE duplicate_scan_keys", null, cancellationToken);
        await unitOfWork.ExecuteAsync(
            "UPDATE duplicate_scans SET customers = customers + @Count, cursor_id = @cursor, phase = CASE WHEN @last THEN 'pairs' ELSE phase END WHERE id = @Id",
            new { scan.Id, records.Count, cursor = records.Count > 0 ? records[^1].Id : scan.CursorId, last },
            cancellationToken);
    }

    private async Task CompareAsync(Scan scan, UnitOfWork unitOfWork, IdentityStore store, CancellationToken cancellationToken)
    {
        var blocks = await unitOfWork.QueryAsync<Block>(
            """
            SELECT key, array_agg(DISTINCT customer_id) AS customer_ids FROM duplicate_scan_keys
            WHERE key > @after GROUP BY key HAVING count(DISTINCT customer_id) > 1 ORDER BY key LIMIT @BlocksAStep
            """,
            new { after = scan.CursorKey ?? long.MinValue, BlocksAStep },
            cancellationToken);
        var comparable = blocks.Where(block => block.CustomerIds.Length <= MaxBlock).ToList();
        var records = (await store.LoadAsync([.. comparable.SelectMany(block => block.CustomerIds).Distinct()], cancellationToken)).ToDictionary(record => record.Id);
        var pairs = new List<ScoredPair>();
        var compared = 0L;
        foreach (var block in comparable)
        {
            var members = block.CustomerIds.Where(records.ContainsKey).Select(id => records[id]).ToArray();
            for (var i = 0; i < members.Length; i++)
            {
                for (var j = i + 1; j < members.Length; j++, compared++)
                {
                    if (ScoredPair.Of(members[i], members[j]) is { } pair) pairs.Add(pair);
                }
            }
        }

        var found = await store.KeepAsync(pairs, cancellationToken);
        var last = blocks.Count < BlocksAStep;
        await unitOfWork.ExecuteAsync(
            """
            UPDATE duplicate_scans SET compared = compared + @compared, found = found + @found, oversized = oversized + @oversized, cursor_key = @cursor,
                phase = CASE WHEN @last THEN 'done' ELSE phase END, finished_at = CASE WHEN @last THEN @now END
            WHERE id = @Id
            """,
            new { scan.Id, compared, found, oversized = blocks.Count - comparable.Count, cursor = blocks.Count > 0 ? blocks[^1].Key : scan.CursorKey, last, now = time.GetUtcNow() },
            cancellationToken);
        if (last) await unitOfWork.ExecuteAsync("TRUNCATE duplicate_scan_keys", null, cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "A step of the scan for duplicates failed and is done again: {Reason}")]
    private static partial void StepFailed(ILogger log, string reason);

    private sealed class Scan
    {
        public Guid Id { get; init; }
        public string Phase { get; init; } = "";
        public Guid? CursorId { get; init; }
        public long? CursorKey { get; init; }
    }

    private sealed class Block
    {
        public long Key { get; init; }
        public Guid[] CustomerIds { get; init; } = [];
    }
}
