using System.Diagnostics;
using System.Globalization;

namespace Crm.Testing.Faults;

/// <summary>Load on the whole platform while its processes are killed; then peace; then the oracle.</summary>
/// <param name="Load">How long the load and the faults last.</param>
/// <param name="KillEvery">Time between two kills.</param>
/// <param name="Workers">Clients at once.</param>
/// <param name="Beat">Shortest time between two operations of one worker.</param>
public sealed record FaultPlan(int Seed, TimeSpan Load, TimeSpan KillEvery, int Workers, TimeSpan Beat)
{
    public int Kills => (int)(Load / KillEvery) - 1;
}

public sealed record FaultReport(FaultPlan Plan, ClientLedger Ledger, Monkey Monkey, Verdict Verdict, TimeSpan Drained)
{
    public int Operations => Ledger.Entries.Count;

    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"""
        {Ledger.Entries.GroupBy(entry => entry.Key.Effect).OrderBy(group => group.Key).Aggregate("  operations      ok  refused  unanswered", (text, group) => text + string.Create(CultureInfo.InvariantCulture,
            $"\n  {group.Key,-12} {Count(group, Outcome.Ok),6} {Count(group, Outcome.Refused),8} {Count(group, Outcome.Unknown),11}"))}
          {Ledger.Retries} attempts without an answer, {Ledger.ServerErrors} of them with status 500; broker connections cut {Monkey.Cuts} times; quiet {Drained.TotalSeconds:F0} s after the load
        {Monkey.Victims.Aggregate("  killed             times  healthy again after (worst)", (text, victim) => text + string.Create(CultureInfo.InvariantCulture,
            $"\n  {victim.Name,-18} {victim.Kills,5}  {(victim.Longest is { } time ? $"{time.TotalSeconds:F1} s" : "never")}"))}
        {Verdict.Describe()}
        """);

    private static int Count(IEnumerable<KeyValuePair<(Effect, string), Outcome>> entries, Outcome outcome) => entries.Count(entry => entry.Value == outcome);
}

public static class FaultRun
{
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(90);
    /// <summary>How long a backlog may take on a machine that does something else besides; the report says how long it took.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(240);

    /// <summary>The broker's statistics are up to five seconds old: only emptiness that lasts longer is emptiness.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(7);

    public static async Task<FaultReport> RunAsync(Platform platform, FaultPlan plan, Action<string> say, CancellationToken cancellationToken = default)
    {
        await EverybodyListensAsync(platform);
        using var givenUp = new CancellationTokenSource();
        using var ledger = new ClientLedger(Path.Combine(platform.Home, "client-ledger.tsv"));
        using var client = new StubbornClient(platform, ledger, givenUp.Token);
        var workload = new Workload(client, platform, plan.Seed);
        await workload.PrepareAsync();

        var monkey = new Monkey(platform, plan.Seed, plan.Kills, say);
        using (var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            stopping.CancelAfter(plan.Load);
            var faults = monkey.RunAsync(plan.KillEvery, stopping.Token);
            givenUp.CancelAfter(plan.Load + LastAnswers);
            await Task.WhenAll(Enumerable.Range(0, plan.Workers).Select(worker => workload.WorkAsync(worker, plan.Beat, stopping.Token)));
            await faults;
        }

        cancellationToken.ThrowIfCancellationRequested();
        say("the load has ended; waiting until everything has arrived");
        var oracle = new Oracle(platform, ledger);
        var drained = await DrainAsync(oracle);
        return new FaultReport(plan, ledger, monkey, await oracle.JudgeAsync(), drained);
    }

    /// <summary>
    /// A service makes its queues when it first reaches the broker; what others publish before passes it by. This is about faults after
    /// that, so the load begins when all have been there.
    /// </summary>
    private static async Task EverybodyListensAsync(Platform platform)
    {
        foreach (var service in Oracle.Services)
        {
            await Eventually.Holds(async () =>
            {
                if (await platform.HealthAsync(service) is var health and not "Healthy") throw new InvalidOperationException($"{service} has not reached the broker: {health}");
            }, TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>Until nothing is on its way any more; what is after the patience's end, the oracle reports.</summary>
    private static async Task<TimeSpan> DrainAsync(Oracle oracle)
    {
        var watch = Stopwatch.StartNew();
        var quietSince = TimeSpan.MaxValue;
        while (watch.Elapsed < Drain)
        {
            var now = watch.Elapsed;
            if (await IsQuietAsync(oracle)) quietSince = quietSince < now ? quietSince : now;
            else quietSince = TimeSpan.MaxValue;
            if (quietSince < now - Quiet) return quietSince;
            await Task.Delay(TimeSpan.FromMilliseconds(500));
        }

        return watch.Elapsed;
    }

    private static async Task<bool> IsQuietAsync(Oracle oracle)
    {
        try
        {
            return await oracle.PendingAsync() == 0;
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or HttpRequestException or InvalidOperationException or KeyNotFoundException)
        {
            return false; // a server is still on its way up
        }
    }
}
