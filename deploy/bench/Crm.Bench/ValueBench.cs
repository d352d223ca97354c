using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Crm.Analytics.Models;

namespace Crm.Bench;

/// <summary>
/// Pareto/NBD and Gamma-Gamma fits and the scoring of all customers, on simulated ones (CDNOW's parameters, 39 weeks, daily grid). The
/// reference fits Pareto/NBD with scipy on the same compressed rows.
/// </summary>
internal sealed class ValueBench : IBench
{
    private const double Agreement = 5e-3;
    private static readonly ParetoNbd World = new(0.553276, 10.577612, 0.606214, 11.667911);
    private static readonly GammaGamma Spend = new(6.25, 3.74, 15.44);

    public string Name => "value";
    public string Summary => "Pareto/NBD, Gamma-Gamma and scores of 1,000,000 simulated customers (or: value CUSTOMERS), against scipy";

    /// <summary>What scoring keeps of a customer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct Customer(Guid Id, PurchaseHistory History, double MeanValue);

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var n = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var customers = Simulate(n);
        var histories = Array.ConvertAll(customers, customer => customer.History);
        RepeatSpend[] buyers = [.. customers.Where(customer => customer.MeanValue > 0).Select(customer => new RepeatSpend(customer.History.Frequency, customer.MeanValue))];
        ModelFit<ParetoNbd> pareto = null!;
        var paretoTime = Median(3, () => pareto = ParetoNbd.Fit(PurchaseHistogram.Of(histories), cancellationToken: cancellationToken));
        ModelFit<GammaGamma> spend = null!;
        var spendTime = Median(3, () => spend = GammaGamma.Fit(buyers, cancellationToken: cancellationToken));
        var bg = BgNbd.Fit(PurchaseHistogram.Of(histories), cancellationToken: cancellationToken).Model;
        var total = 0.0;
        var scoreTime = Median(5, () => total = Score(customers, bg, spend.Model));
        Print($"Pareto/NBD fit {paretoTime:F3} s ({pareto.Diagnostics.Evaluations} evaluations, converged {pareto.Diagnostics.Converged}); goal 3 s");
        Print($"Gamma-Gamma fit {spendTime:F3} s; goal 0.3 s");
        Print($"scores {scoreTime * 1000:F0} ms ({scoreTime / n * 1e6:F3} us a customer, CLV {total:F0}); goal 300 ms");
        Print($"memory {Marshal.SizeOf<Customer>()} bytes a customer; goal 64");

        var file = Path.Combine(Path.GetTempPath(), $"crm-bench-value-{Environment.ProcessId}.f64");
        try
        {
            var numbers = new double[3 * n];
            for (var i = 0; i < n; i++) (numbers[3 * i], numbers[(3 * i) + 1], numbers[(3 * i) + 2]) = (histories[i].Frequency, histories[i].Recency, histories[i].Age);
            await File.WriteAllBytesAsync(file, MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray(), cancellationToken);
            var start = new ProcessStartInfo("/usr/bin/python3", [BenchFolder.PathOf("fit", "pareto_reference.py"), file]) { RedirectStandardOutput = true };
            using var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start");
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0) throw new InvalidOperationException("pareto_reference.py failed; is python3-scipy installed?");
            var reference = output.Split(' ').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
            double[] own = [pareto.Model.R, pareto.Model.Alpha, pareto.Model.S, pareto.Model.Beta];
            var worst = own.Zip(reference[1..5], (mine, other) => Math.Abs((mine / other) - 1)).Max();
            Print($"largest relative difference of a parameter {worst:E1} (at most {Agreement:E0}); log-likelihood {pareto.LogLikelihood:F3} and {reference[5]:F3}");
            // The reference may stop short; it must not be better.
            if (worst > Agreement && reference[5] > pareto.LogLikelihood) return 1;
            Print($"value: ours {paretoTime:F3} s, reference {reference[0]:F3} s, ratio {paretoTime / reference[0]:F4}");
            return 0;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>P(alive), E[Y] at three horizons, CLV and overdue score of everybody; the sum of CLV, so that nothing is left out.</summary>
    internal static double Score(Customer[] customers, BgNbd model, GammaGamma spend)
    {
        var (forecast, value) = (new PurchaseForecast(model, 13, 26, 52), CustomerValue.Monthly(model));
        Span<double> sums = stackalloc double[2];
        ChunkedSum.Over(customers.Length, sums, -1, (from, to, chunk) =>
        {
            Span<double> expected = stackalloc double[3];
            for (var i = from; i < to; i++)
            {
                ref readonly var customer = ref customers[i];
                forecast.Expected(customer.History, expected);
                chunk[0] += value.Of(customer.History, spend.ExpectedValue(customer.History.Frequency, customer.MeanValue));
                chunk[1] += expected[0] + expected[1] + expected[2] + model.OverdueScore(customer.History);
            }
        });
        return sums[0];
    }

    internal static double Median(int runs, Action work)
    {
        var times = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            var clock = Stopwatch.StartNew();
            work();
            times[run] = clock.Elapsed.TotalSeconds;
        }

        Array.Sort(times);
        return times[runs / 2];
    }

    internal static Customer[] Simulate(int n)
    {
        var random = new Random(20_050_401);
        var customers = new Customer[n];
        for (var i = 0; i < n; i++)
        {
            var age = (27 * 7) + random.Next(12 * 7);
            var exact = PurchaseSimulation.History(World, age / 7.0, random);
            var history = exact with { Recency = exact.Frequency == 0 ? 0 : Math.Max(1, Math.Ceiling(exact.Recency * 7)) / 7 };
            history = history with { Recency = Math.Min(history.Recency, history.Age) };
            var mean = history.Frequency == 0 ? 0 : PurchaseSimulation.PurchaseValues(Spend, history.Frequency, random).Average();
            customers[i] = new Customer(new Guid(i, 1, 1, [0, 0, 0, 0, 0, 0, 0, 0]), history, mean);
        }

        return customers;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
