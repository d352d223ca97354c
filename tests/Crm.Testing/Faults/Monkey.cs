using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace Crm.Testing.Faults;

/// <summary>
/// Kills processes of the platform as <c>kill -9</c> does, one after the other: the platform's own most of the time, and each of the
/// servers below now and then, at least once. Before each kill it cuts the connections to the broker: messages that were just handled
/// and not yet acknowledged come again, which a kill alone brings about too rarely for a short run.
/// </summary>
public sealed class Monkey
{
    private static readonly string[] Workloads = ["customer", "sales", "service", "loyalty", "analytics", "campaign", "campaign-sender", "gateway"];
    private static readonly string[] Servers = ["postgres", "rabbitmq", "redis"];
    private readonly Platform _platform;
    private readonly Action<string> _say;
    private readonly string[] _victims;
    private readonly ConcurrentDictionary<string, List<TimeSpan?>> _recoveries = [];
    private readonly List<Task> _watches = [];

    public Monkey(Platform platform, int seed, int kills, Action<string> say)
    {
        (_platform, _say) = (platform, say);
        var random = new Random(seed);
        _victims = [.. Enumerable.Range(0, kills).Select(_ => random.Next(100) < 8 ? Servers[random.Next(Servers.Length)] : Workloads[random.Next(Workloads.Length)])];
        // Each server for certain, and early: on a slow machine a run ends before its list does.
        for (var i = 0; i < Servers.Length && (2 * i) + 1 < kills; i++) _victims[(2 * i) + 1] = Servers[i];
    }

    public int Kills => _recoveries.Values.Sum(times => times.Count);

    /// <summary>How often all connections to the broker were cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>How often each was killed, and how long it took at most until it was healthy again; null where it never was.</summary>
    public IEnumerable<(string Name, int Kills, TimeSpan? Longest)> Victims =>
        _recoveries.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value.Count, pair.Value.Contains(null) ? null : pair.Value.Max()));

    public async Task RunAsync(TimeSpan interval, CancellationToken stopping)
    {
        foreach (var victim in _victims)
        {
            await Task.Delay(interval, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested) break;
            await CutConnectionsAsync();
            await KillAsync(victim, stopping);
        }

        await Task.WhenAll(_watches);
    }

    private async Task CutConnectionsAsync()
    {
        try
        {
            await _platform.CutBrokerConnectionsAsync();
            Cuts++;
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
        {
            // The broker is dead already.
        }
    }

    private async Task KillAsync(string name, CancellationToken stopping)
    {
        // One that is still on its way up from the last time is waited for: killing nobody would prove nothing.
        while (true)
        {
            var pids = await _platform.HealthyPidsAsync(name);
            if (stopping.IsCancellationRequested) return;
            if (pids.Count == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
                continue;
            }

            foreach (var pid in pids) Kill(pid);
            _say($"kill -9 {name}");
            _watches.Add(WatchAsync(name, pids));
            return;
        }
    }

    private async Task WatchAsync(string name, IReadOnlyCollection<int> killed)
    {
        var watch = Stopwatch.StartNew();
        TimeSpan? recovered = null;
        while (recovered is null && watch.Elapsed < TimeSpan.FromMinutes(2))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            var pids = await _platform.HealthyPidsAsync(name);
            if (pids.Count > 0 && !pids.Intersect(killed).Any()) recovered = watch.Elapsed;
        }

        var times = _recoveries.GetOrAdd(name, _ => []);
        lock (times) times.Add(recovered);
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has just ended by itself.
        }
    }
}
