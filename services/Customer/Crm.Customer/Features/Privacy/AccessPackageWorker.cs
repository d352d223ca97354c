using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;
using Grpc.Core;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// Gathers the parts of access packages, one service at a time and each in one transaction: a part is there as a whole or not at all, and whoever is left after a crash
/// takes the next one. A service that failed is asked again after 1, 2, 4 ... seconds, five minutes at most, as long as the package is kept.
/// </summary>
internal sealed partial class AccessPackageWorker(
    IServiceScopeFactory scopes, IEnumerable<DataHolder> holders, ActorAccessor actor, TimeProvider time, ILogger<AccessPackageWorker> log) : BackgroundService
{
    private const int RowsAWrite = 1000;
    private const int LongestPause = 300;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, DataHolder> _holders = holders.ToDictionary(holder => holder.Service);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await WorkOnceAsync(stoppingToken)) continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException exception)
            {
                Interrupted(log, exception);
            }

            await Task.Delay(Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> WorkOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var part = await unitOfWork.QuerySingleOrDefaultAsync<Part>(
            """
            SELECT s.package_id, s.service, s.attempts, p.customer_id, p.requested_by FROM access_package_sources s JOIN access_packages p ON p.id = s.package_id
            WHERE s.gathered_at IS NULL AND s.next_attempt_at <= @now ORDER BY s.next_attempt_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
            """,
            new { now = time.GetUtcNow() },
            cancellationToken);
        if (part is null)
        {
            await unitOfWork.ExecuteAsync("DELETE FROM access_packages WHERE expires_at < @now", new { now = time.GetUtcNow() }, cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
            return false;
        }

        string? failure;
        try
        {
            failure = await GatherAsync(part, unitOfWork, cancellationToken);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            failure = exception.StatusCode.ToString();
        }

        if (failure is not null)
        {
            // Whatever came before it broke is not kept.
            await unitOfWork.DisposeAsync();
            var pause = Math.Min(LongestPause, Math.Pow(2, part.Attempts)) * (0.75 + (Random.Shared.NextDouble() / 2));
            await unitOfWork.ExecuteAsync(
                "UPDATE access_package_sources SET attempts = attempts + 1, last_failure = @failure, next_attempt_at = @next WHERE package_id = @PackageId AND service = @Service AND gathered_at IS NULL",
                new { failure, next = time.GetUtcNow().AddSeconds(pause), part.PackageId, part.Service },
                cancellationToken);
        }

        await unitOfWork.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Null when the part is there, else why not.</summary>
    private async Task<string?> GatherAsync(Part part, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var ids = (await unitOfWork.QueryAsync<Guid>("SELECT customer_with_absorbed(current_customer(@CustomerId))", new { part.CustomerId }, cancellationToken)).ToArray();
        long rows;
        if (part.Service == DataHolder.Here) rows = await DataPackage.GatherAsync(part.PackageId, ids, unitOfWork, cancellationToken);
        else if (_holders.TryGetValue(part.Service, out var holder)) rows = await AskAsync(part, holder, ids, unitOfWork, cancellationToken);
        else return "NoAddress";

        await unitOfWork.ExecuteAsync(
            "UPDATE access_package_sources SET attempts = attempts + 1, last_failure = NULL, gathered_at = @now, rows = @rows WHERE package_id = @PackageId AND service = @Service",
            new { now = time.GetUtcNow(), rows, part.PackageId, part.Service },
            cancellationToken);
        return null;
    }

    private async Task<long> AskAsync(Part part, DataHolder holder, Guid[] ids, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        using var acting = actor.ActAs(Actor.OnBehalfOf(part.RequestedBy));
        using var call = holder.Client.Export(
            new ExportSubjectRequest { CustomerIds = { ids.Select(id => id.ToString()) } }, deadline: (time.GetUtcNow() + Deadline).UtcDateTime, cancellationToken: cancellationToken);
        var (batch, rows) = (new List<SubjectRow>(RowsAWrite), 0L);
        await foreach (var row in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            batch.Add(row);
            if (batch.Count == RowsAWrite) await WriteAsync();
        }

        await WriteAsync();
        return rows;

        async Task WriteAsync()
        {
            var connection = await unitOfWork.OpenAsync(cancellationToken);
            await using var copy = await connection.BeginBinaryImportAsync("COPY access_package_rows (package_id, service, position, part, row) FROM STDIN (FORMAT BINARY)", cancellationToken);
            foreach (var row in batch)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(part.PackageId, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(part.Service, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(rows++, NpgsqlDbType.Bigint, cancellationToken);
                await copy.WriteAsync(row.Part, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(row.Json, NpgsqlDbType.Jsonb, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
            batch.Clear();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Gathering an access package was interrupted; it goes on")]
    private static partial void Interrupted(ILogger log, Exception exception);

    private sealed class Part
    {
        public Guid PackageId { get; init; }
        public string Service { get; init; } = "";
        public int Attempts { get; init; }
        public Guid CustomerId { get; init; }
        public string RequestedBy { get; init; } = "";
    }
}
