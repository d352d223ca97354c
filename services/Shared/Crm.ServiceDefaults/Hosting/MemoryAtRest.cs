using System.Runtime;

namespace Crm.ServiceDefaults.Hosting;

/// <summary>
/// A service at rest allocates too little for the collector to come by: what the start, or work since, needed is given back to the system
/// then. Several times, because pools of arrays let go only of what one collection after another finds unused.
/// </summary>
internal sealed class MemoryAtRest(TimeProvider time) : BackgroundService
{
    private const int Collections = 5;
    private const long AtWork = 32 << 20; // bytes allocated in a period
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var (seen, left) = (0L, Collections);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var before = seen;
            seen = GC.GetTotalAllocatedBytes();
            left = seen - before > AtWork ? Collections : left - 1;
            if (left is < 0 or Collections) continue;
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
