using System.Diagnostics;
using System.Globalization;
using Crm.Analytics.Models.Baskets;
using Crm.Testing;

namespace Crm.Bench;

/// <summary>The Groceries baskets (support 10 baskets, confidence 0.8: 410 rules) against Eclat over bit sets in Python; then 1,000,000 simulated baskets.</summary>
internal sealed class RulesBench : IBench
{
    private const int Runs = 21;

    public string Name => "rules";
    public string Summary => "association rules of the Groceries baskets, against Eclat in Python; and of 1,000,000 baskets of 10,000 items";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (Repository.SharedData("groceries.csv") is not { } file)
        {
            await Console.Error.WriteLineAsync("rules: there is no ../shared/data/groceries.csv");
            return 1;
        }

        var lines = File.ReadLines(file).Where(line => line.Length > 0).Select(line => line.Split(',')).ToArray();
        var items = lines.SelectMany(line => line).Distinct().Order(StringComparer.Ordinal).Select((item, number) => (item, number)).ToDictionary(pair => pair.item, pair => pair.number);
        var baskets = lines.Select(line => line.Select(item => items[item]).ToArray()).ToArray();
        var (times, sets, rules) = (new double[Runs], 0, 0);
        for (var run = -3; run < Runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            var mined = AssociationRules.Mine(baskets, items.Count, 10, 10, cancellationToken);
            (sets, rules) = (mined.ItemSets.Count, mined.Rules(0.8).Count);
            if (run >= 0) times[run] = clock.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ours: {sets} item sets, {rules} rules, {times[0]:F1} to {times[^1]:F1} ms"));

        var start = new ProcessStartInfo("/usr/bin/python3", [BenchFolder.PathOf("rules", "rules_reference.py"), file]) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start");
        var cells = (await process.StandardOutput.ReadToEndAsync(cancellationToken)).Trim().Split(' ');
        await process.WaitForExitAsync(cancellationToken);
        var reference = 1000 * double.Parse(cells[0], CultureInfo.InvariantCulture);
        if (cells[1] != sets.ToString(CultureInfo.InvariantCulture) || cells[2] != rules.ToString(CultureInfo.InvariantCulture))
        {
            await Console.Error.WriteLineAsync("rules: the results do not agree");
            return 1;
        }

        Large(cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rules: ours {times[Runs / 2]:F1} ms, reference {reference:F1} ms, ratio {times[Runs / 2] / reference:F4}"));
        return 0;
    }

    /// <summary>Baskets of about eight items drawn with Zipf's popularity, support 0.1 %.</summary>
    private static void Large(CancellationToken cancellationToken)
    {
        const int Baskets = 1_000_000, Items = 10_000;
        var random = new Random(1);
        var cumulative = new double[Items];
        var sum = 0.0;
        for (var i = 0; i < Items; i++) cumulative[i] = sum += 1.0 / (i + 20);
        var baskets = new int[Baskets][];
        for (var t = 0; t < Baskets; t++)
        {
            var basket = new int[4 + random.Next(9)];
            for (var i = 0; i < basket.Length; i++)
            {
                var at = Array.BinarySearch(cumulative, random.NextDouble() * sum);
                basket[i] = Math.Min(at < 0 ? ~at : at, Items - 1);
            }

            baskets[t] = basket;
        }

        var clock = Stopwatch.StartNew();
        var mined = AssociationRules.Mine(baskets, Items, Baskets / 1000, 10, cancellationToken);
        var rules = mined.Rules(0.05).Count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1,000,000 baskets of 10,000 items: {mined.ItemSets.Count} item sets, {rules} rules, {clock.Elapsed.TotalSeconds:F2} s"));
    }
}
