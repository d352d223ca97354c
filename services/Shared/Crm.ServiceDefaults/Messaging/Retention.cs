using Dapper;
using Npgsql;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>Hourly: forgets inbox rows after 30 days (no dead letter is replayed later than that) stored answers and decided dead letters after 30 days.</summary>
internal sealed partial class Retention(NpgsqlDataSource database, TimeProvider time, ILogger<Retention> log) : BackgroundService
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(stoppingToken);
                await connection.ExecuteAsync(
                    """
                    DELETE FROM inbox WHERE processed_at < @before;
                    DELETE FROM idempotency WHERE created_at < @before;
                    DELETE FROM dead_letters WHERE failed_at < @before AND state <> 'waiting';
                    """,
                    new { before = time.GetUtcNow() - Keep });
            }
            catch (NpgsqlException exception)
            {
                PruneFailed(log, exception.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Pruning inbox and idempotency failed and is tried again in an hour: {Reason}")]
    private static partial void PruneFailed(ILogger log, string reason);
}
