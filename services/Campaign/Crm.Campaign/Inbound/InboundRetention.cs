using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Campaign.Inbound;

/// <summary>Hourly: forgets quarantined mail, webhooks that are too old to be taken again anyway, and what is known of mail after a year.</summary>
internal sealed partial class InboundRetention(NpgsqlDataSource database, IOptions<InboundOptions> options, TimeProvider time, ILogger<InboundRetention> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var now = time.GetUtcNow();
                await using var connection = await database.OpenConnectionAsync(stoppingToken);
                await connection.ExecuteAsync(
                    """
                    DELETE FROM inbound_quarantine WHERE received_at < @quarantine;
                    DELETE FROM provider_webhooks WHERE received_at < @webhooks;
                    DELETE FROM inbound_mail WHERE received_at < @year;
                    """,
                    new { quarantine = now.AddDays(-options.Value.QuarantineDays), webhooks = now.AddDays(-1), year = now.AddDays(-365) });
            }
            catch (NpgsqlException exception)
            {
                PruneFailed(log, exception.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Old inbound mail could not be deleted and is tried again in an hour: {Reason}")]
    private static partial void PruneFailed(ILogger log, string reason);
}
