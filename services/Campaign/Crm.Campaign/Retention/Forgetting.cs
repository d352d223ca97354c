using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Campaign.Retention;

/// <summary>Deletes what is older than the settings say, a batch a transaction. Several replicas may do so at once: they pass over each other's rows.</summary>
internal sealed partial class Forgetting(NpgsqlDataSource database, IOptions<RetentionOptions> options, TimeProvider time, ILogger<Forgetting> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var (settings, now) = (options.Value, time.GetUtcNow());
                await ForgetAsync("journey_log", "at", now.AddDays(-settings.JourneyLogDays), stoppingToken);
                await ForgetAsync("journey_facts", "occurred_at", now.AddDays(-settings.JourneyFactDays), stoppingToken);
                await ForgetAsync("test_sends", "created_at", now.AddDays(-settings.TestSendDays), stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                ForgettingFailed(log, exception.Message);
            }
        }
    }

    private async Task ForgetAsync(string table, string column, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var (batch, forgotten) = (options.Value.BatchSize, 0);
        int deleted;
        do
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            deleted = await connection.ExecuteAsync(new CommandDefinition(
                $"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {column} < @before LIMIT @batch FOR UPDATE SKIP LOCKED))",
                new { before, batch }, cancellationToken: cancellationToken));
            forgotten += deleted;
        }
        while (deleted == batch);
        if (forgotten > 0) Forgotten(log, forgotten, table, before);
    }

    [LoggerMessage(LogLevel.Information, "{Rows} rows of {Table} from before {Before} were deleted")]
    private static partial void Forgotten(ILogger log, int rows, string table, DateTimeOffset before);

    [LoggerMessage(LogLevel.Warning, "Old rows could not be deleted and are tried again: {Reason}")]
    private static partial void ForgettingFailed(ILogger log, string reason);
}
