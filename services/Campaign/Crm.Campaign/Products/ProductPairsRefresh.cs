using Crm.ServiceDefaults.Postgres;
using Npgsql;

namespace Crm.Campaign.Products;

/// <summary>Rebuilds the pairs every hour; what one replica does, the others leave.</summary>
internal sealed partial class ProductPairsRefresh(IServiceScopeFactory scopes, TimeProvider time, ILogger<ProductPairsRefresh> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstAfter = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FirstAfter, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            timer.Period = Interval;
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
                if (await ProductPairs.RebuildAsync(unitOfWork, time.GetUtcNow(), stoppingToken)) await unitOfWork.CommitAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                RefreshFailed(log, exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The product pairs could not be rebuilt; the old ones stay")]
    private static partial void RefreshFailed(ILogger log, Exception exception);
}
