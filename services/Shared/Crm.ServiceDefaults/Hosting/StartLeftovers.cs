using Microsoft.Extensions.Hosting;

namespace Crm.ServiceDefaults.Hosting;

/// <summary>
/// Gives back, once, what only the start needed: routes, schemas and compiled expressions leave behind a heap several times the size of
/// what lives on, and an idle service allocates too little for the collector to come by on its own.
/// </summary>
internal sealed class StartLeftovers(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Settled, time, stoppingToken);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
