using System.Globalization;
using System.Runtime.InteropServices;
using Crm.Analytics.Models;

namespace Crm.Bench;

/// <summary>How fits and scores grow with the customers: from 1e5 to 1e7. The reference is growth in proportion.</summary>
internal sealed class GrowthBench : IBench
{
    public string Name => "growth";
    public string Summary => "BG/NBD, Pareto/NBD, Gamma-Gamma and scores of 100,000 to 10,000,000 customers (or: growth MOST), against growth in proportion";

    public Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var most = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 10_000_000;
        var all = ValueBench.Simulate(most);
        var totals = new List<(int Customers, double Seconds)>();
        Console.WriteLine(" customers      rows  count s  BG/NBD s  Pareto s  Gamma-Gamma s  scores s  bytes/customer");
        for (var n = most / 100; n <= most && n > 0; n = n * 10 > most && n < most ? most : n * 10)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var customers = all.AsSpan(0, n).ToArray();
            var histories = Array.ConvertAll(customers, customer => customer.History);
            RepeatSpend[] buyers = [.. customers.Where(customer => customer.MeanValue > 0).Select(customer => new RepeatSpend(customer.History.Frequency, customer.MeanValue))];
            PurchaseHistogram rows = null!;
            BgNbd bg = null!;
            GammaGamma spend = null!;
            var runs = n > 1_000_000 ? 1 : 3;
            var count = ValueBench.Median(runs, () => rows = PurchaseHistogram.Of(histories));
            var bgTime = ValueBench.Median(runs, () => bg = BgNbd.Fit(rows, cancellationToken: cancellationToken).Model);
            var paretoTime = ValueBench.Median(runs, () => ParetoNbd.Fit(rows, cancellationToken: cancellationToken));
            var spendTime = ValueBench.Median(runs, () => spend = GammaGamma.Fit(buyers, cancellationToken: cancellationToken).Model);
            var scoreTime = ValueBench.Median(runs, () => ValueBench.Score(customers, bg, spend));
            totals.Add((n, count + bgTime + paretoTime + spendTime + scoreTime));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{n,10} {rows.Rows,9} {count,8:F3} {bgTime,9:F3} {paretoTime,9:F3} {spendTime,14:F3} {scoreTime,9:F3} {Marshal.SizeOf<ValueBench.Customer>(),15}"));
        }

        var (first, last) = (totals[0], totals[^1]);
        var (ours, proportional) = (last.Seconds / first.Seconds, (double)last.Customers / first.Customers);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"growth: ours {ours:F1} times, reference {proportional:F1} times, ratio {ours / proportional:F3}"));
        return Task.FromResult(ours <= proportional ? 0 : 1);
    }
}
