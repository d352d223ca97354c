using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Crm.Analytics.Models;

namespace Crm.Bench;

/// <summary>
/// BG/NBD on simulated customers (CDNOW's parameters, first purchases spread over 12 weeks, 39 weeks observed, days as the grid)
/// against numpy and scipy. The reference is the faster of its runs: customer by customer as usual, and with the same compression and
/// analytic gradient as ours.
/// </summary>
internal sealed class FitBench : IBench
{
    private const int Runs = 11;
    private const double Agreement = 1e-3;
    private static readonly BgNbd World = new(0.242593, 4.413531, 0.792886, 2.425754);

    public string Name => "fit";
    public string Summary => "BG/NBD on 1,000,000 simulated customers (or: fit CUSTOMERS), compression included, against scipy";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var n = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var customers = Simulate(n, seed: 20_050_401);
        Fit(customers);
        var times = new double[Runs];
        ModelFit<BgNbd> ours = null!;
        for (var run = 0; run < Runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            ours = Fit(customers);
            times[run] = clock.Elapsed.TotalSeconds;
        }
        Array.Sort(times);
        var parameters = new[] { ours.Model.R, ours.Model.Alpha, ours.Model.A, ours.Model.B };
        Print("ours", times[Runs / 2], parameters, ours.LogLikelihood, ours.Diagnostics.Evaluations);
        var rows = PurchaseHistogram.Of(customers).Rows;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {Runs} runs, {times[0]:F3} to {times[^1]:F3} s; {rows:N0} distinct rows; {Environment.ProcessorCount} processors"));

        var file = Path.Combine(Path.GetTempPath(), $"crm-bench-fit-{Environment.ProcessId}.f64");
        try
        {
            Write(file, customers);
            var (plain, plainParameters) = await Reference("scipy, as usual", file, [], cancellationToken);
            var (tuned, tunedParameters) = await Reference("scipy, compressed, gradient", file, ["--compress", "--gradient"], cancellationToken);
            var worst = plainParameters.Concat(tunedParameters)
                .Zip(parameters.Concat(parameters), (reference, own) => Math.Abs(own / reference - 1)).Max();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"largest relative difference of a parameter {worst:E1} (at most {Agreement:E0})"));
            if (!ours.Diagnostics.Converged || !(worst <= Agreement))
            {
                await Console.Error.WriteLineAsync("fit: the results do not agree");
                return 1;
            }
            var (own, reference) = (times[Runs / 2], Math.Min(plain, tuned));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"fit: ours {own:F3} s, reference {reference:F3} s, ratio {own / reference:F4}"));
            return 0;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static ModelFit<BgNbd> Fit(PurchaseHistory[] customers) => BgNbd.Fit(PurchaseHistogram.Of(customers));

    private static PurchaseHistory[] Simulate(int n, int seed)
    {
        var random = new Random(seed);
        var customers = new PurchaseHistory[n];
        for (var i = 0; i < n; i++) customers[i] = PurchaseSimulation.History(World, 7 * 27 + random.Next(7 * 12), random);
        return customers;
    }

    private static void Write(string file, PurchaseHistory[] customers)
    {
        var numbers = new double[3 * customers.Length];
        for (var i = 0; i < customers.Length; i++)
            (numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]) = (customers[i].Frequency, customers[i].Recency, customers[i].Age);
        File.WriteAllBytes(file, MemoryMarshal.AsBytes(numbers.AsSpan()));
    }

    /// <summary>Debian's interpreter, since that is the one whose scipy the distribution installs.</summary>
    private static async Task<(double Seconds, double[] Parameters)> Reference(
        string name, string file, string[] options, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [BenchFolder.PathOf("fit", "fit_reference.py"), file, .. options])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("python3 did not start");
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new InvalidOperationException("fit_reference.py failed; is python3-scipy installed?");
        var numbers = output.Split(' ').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
        Print(name, numbers[0], numbers[1..5], numbers[5], (int)numbers[6]);
        return (numbers[0], numbers[1..5]);
    }

    private static void Print(string name, double seconds, double[] parameters, double logLikelihood, int evaluations)
    {
        var text = string.Join(' ', parameters.Select(parameter => parameter.ToString("F6", CultureInfo.InvariantCulture)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-28} {seconds,8:F3} s   r alpha a b = {text}   LL {logLikelihood:F3}   {evaluations} evaluations"));
    }
}
