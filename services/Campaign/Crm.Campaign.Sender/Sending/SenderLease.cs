using Crm.ServiceDefaults.Hosting;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// This process's sign of life. The id that it claims under is a fencing token: once the lease was given up, the process gets another id
/// and can claim nothing under the old one.
/// </summary>
internal sealed partial class SenderLease(NpgsqlDataSource database, Ids ids, IOptions<SendOptions> options, TimeProvider time, ILogger<SenderLease> log)
    : BackgroundService
{
    private readonly SemaphoreSlim _renewing = new(1);
    private volatile Worker? _worker;

    /// <summary>The id to claim under; waits until there is a lease.</summary>
    public async Task<Guid> WorkerAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_worker is { } worker) return worker.Id;
            await RenewAsync(cancellationToken);
        }
    }

    /// <summary>
    /// A claim broke off and may have been committed all the same: nobody knows whom it took. The id is used no more, so that its lease runs
    /// out and they are found; what others here have claimed under it they still settle.
    /// </summary>
    public void GiveUp(Guid worker)
    {
        if (_worker is not { } current || current.Id != worker) return;
        _worker = null;
        LeaseGivenUp(log, worker);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.LeaseSeconds / 4.0), time);
        do
        {
            try
            {
                await RenewAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                RenewalFailed(log, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Senders that hold a lease, this one included, when it was last renewed.</summary>
    public int Senders { get; private set; } = 1;

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            if (_worker is { } worker)
            {
                var renewed = await connection.ExecuteAsync(new CommandDefinition(
                    "UPDATE sender_leases SET lease_until = now() + @seconds * interval '1 second' WHERE worker = @Id",
                    new { worker.Id, seconds = options.Value.LeaseSeconds },
                    cancellationToken: cancellationToken));
                if (renewed == 0)
                {
                    LeaseLost(log, worker.Id);
                    _worker = null;
                }
            }

            if (_worker is null)
            {
                var id = ids.Next();
                await connection.ExecuteAsync(new CommandDefinition(
                    "INSERT INTO sender_leases (worker, host, lease_until) VALUES (@id, @host, now() + @seconds * interval '1 second')",
                    new { id, host = Environment.MachineName, seconds = options.Value.LeaseSeconds },
                    cancellationToken: cancellationToken));
                _worker = new Worker(id);
            }

            Senders = Math.Max(1, await connection.ExecuteScalarAsync<int>(new CommandDefinition(
                "SELECT count(*)::int FROM sender_leases WHERE lease_until > now()", cancellationToken: cancellationToken)));
        }
        finally
        {
            _renewing.Release();
        }
    }

    [LoggerMessage(LogLevel.Warning, "The lease of sender {Worker} was given up by others; a new one is taken")]
    private static partial void LeaseLost(ILogger log, Guid worker);

    [LoggerMessage(LogLevel.Warning, "A claim of sender {Worker} broke off; its lease is left to run out and a new one is taken")]
    private static partial void LeaseGivenUp(ILogger log, Guid worker);

    [LoggerMessage(LogLevel.Warning, "The sender's lease could not be renewed and is tried again: {Reason}")]
    private static partial void RenewalFailed(ILogger log, string reason);

    private sealed record Worker(Guid Id);
}
