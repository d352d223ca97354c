using System.Globalization;
using Crm.Testing;
using Crm.Testing.Faults;

namespace Crm.Bench;

/// <summary>
/// The whole platform under load while its processes, and the servers below it, are killed one after the other; at the end nothing may
/// be lost or doubled. <c>--minutes N</c> (10) and <c>--seed S</c> (by the clock); the seed repeats the same choices.
/// </summary>
internal sealed class SoakKill : IBench
{
    private const int DefaultMinutes = 10;

    public string Name => "kill";

    public string Summary => "kill -9 every 5 s under load [--minutes N] [--seed S]: nothing lost, nothing doubled";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (Parse(args) is not { } plan)
        {
            await Console.Error.WriteLineAsync("usage: soak kill [--minutes N] [--seed S]");
            return 2;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"soak kill: {plan.Load.TotalMinutes:0.#} minutes, seed {plan.Seed}"));
        var platform = new Platform();
        await platform.InitializeAsync();
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            var report = await FaultRun.RunAsync(platform, plan, text => Console.WriteLine($"  {TimeProvider.System.GetElapsedTime(started):mm\\:ss} {text}"), cancellationToken);
            Console.WriteLine(report.Describe());
            var verdict = report.Verdict;
            if (!verdict.IsClean)
            {
                // The logs and the client's ledger tell why.
                Environment.SetEnvironmentVariable("CRM_KEEP", "1");
                Console.WriteLine($"  kept: {platform.Home}");
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"soak kill: {report.Operations} operations, {report.Monkey.Kills} kills, {verdict.Lost} lost, {verdict.Doubled} doubled, {verdict.Phantom} phantom, {verdict.Unanswered} unanswered, {verdict.Broken} violations of {verdict.Checks.Count} rules, seed {plan.Seed}"));
            return verdict.IsClean ? 0 : 1;
        }
        finally
        {
            await platform.DisposeAsync();
        }
    }

    private static FaultPlan? Parse(string[] args)
    {
        var (minutes, seed) = ((double)DefaultMinutes, (int)(TimeProvider.System.GetTimestamp() & 0xFFFFFF));
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var understood = args[i] switch
            {
                "--minutes" => double.TryParse(value, CultureInfo.InvariantCulture, out minutes) && minutes is >= 0.5 and <= 1440,
                "--seed" => int.TryParse(value, CultureInfo.InvariantCulture, out seed),
                _ => false,
            };
            if (!understood) return null;
        }

        return new FaultPlan(seed, TimeSpan.FromMinutes(minutes), TimeSpan.FromSeconds(5), Workers: 8, Beat: TimeSpan.FromMilliseconds(200));
    }
}
