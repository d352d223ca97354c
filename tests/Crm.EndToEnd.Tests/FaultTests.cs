using Crm.Testing;
using Crm.Testing.Faults;
using Xunit.Abstractions;

namespace Crm.EndToEnd.Tests;

/// <summary>The short form of <c>./crm soak kill</c>: load on the whole platform, its processes and servers killed with <c>kill -9</c>.</summary>
public sealed class FaultTests(Platform platform, ITestOutputHelper output) : IClassFixture<Platform>
{
    [Fact]
    public async Task Nothing_is_lost_or_doubled_when_processes_are_killed()
    {
        var plan = new FaultPlan(Seed: 20250, Load: TimeSpan.FromSeconds(75), KillEvery: TimeSpan.FromSeconds(5), Workers: 6, Beat: TimeSpan.FromMilliseconds(200));

        var report = await FaultRun.RunAsync(platform, plan, output.WriteLine);

        output.WriteLine(report.Describe());
        Assert.True(report.Verdict.IsClean, report.Describe());
        // A run in which little happened would prove little: each server died once, and work went on.
        Assert.Superset(new HashSet<string> { "postgres", "rabbitmq", "redis" }, report.Monkey.Victims.Select(victim => victim.Name).ToHashSet());
        Assert.All(report.Monkey.Victims, victim => Assert.NotNull(victim.Longest));
        Assert.All(Enum.GetValues<Effect>(), effect => Assert.Contains(report.Ledger.Entries, entry => entry.Key.Effect == effect && entry.Value == Outcome.Ok));
        Assert.True(report.Operations > 200, $"Only {report.Operations} operations were tried.");
    }
}
