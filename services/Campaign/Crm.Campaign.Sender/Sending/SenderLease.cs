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
    private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Worker? _worker;

    /// <summary>The id to claim under; waits until the first lease is there.</summary>
    public async Task<Guid> WorkerAsync(CancellationToken cancellationToken)
    {
        await _registered.Task.WaitAsync(cancellationToken);
        return _worker!.Id;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.LeaseSeconds / 4.0), time);
        do
        {
            try
            {
                await RenewAsync(stoppingToken);
                _registered.TrySetResult();
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                RenewalFailed(log, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (_worker is { } worker)
        {
            var renewed = await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE sender_leases SET lease_until = now() + @seconds * interval '1 second' WHERE worker = @Id",
                new { worker.Id, seconds = options.Value.LeaseSeconds },
                cancellationToken: cancellationToken));
            if (renewed > 0) return;
            LeaseLost(log, worker.Id);
        }

        var id = ids.Next();
        await connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO sender_leases (worker, host, lease_until) VALUES (@id, @host, now() + @seconds * interval '1 second')",
            new { id, host = Environment.MachineName, seconds = options.Value.LeaseSeconds },
            cancellationToken: cancellationToken));
        _worker = new Worker(id);
    }

    [LoggerMessage(LogLevel.Warning, "The lease of sender {Worker} was given up by others; a new one is taken")]
    private static partial void LeaseLost(ILogger log, Guid worker);

    [LoggerMessage(LogLevel.Warning, "The sender's lease could not be renewed and is tried again: {Reason}")]
    private static partial void RenewalFailed(ILogger log, string reason);

    private sealed record Worker(Guid Id);
}
