using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>Every number is the same, bit for bit, on 1, 2 and 16 threads and in whatever order the customers come.</summary>
public sealed class ThreadTests
{
    private static readonly ParetoNbd World = new(0.55, 10.6, 0.6, 11.7);
    private static readonly GammaGamma Spend = new(6.25, 3.74, 15.44);

    [Fact]
    public void Fits_and_scores_have_the_same_bits_on_any_number_of_threads_and_in_any_order()
    {
        var random = new Random(16);
        var customers = new PurchaseHistory[12_000];
        for (var i = 0; i < customers.Length; i++) customers[i] = PurchaseSimulation.History(World, 27 + (12 * random.NextDouble()), random);
        RepeatSpend[] buyers = [.. customers.Where(customer => customer.Frequency > 0).Select(customer =>
            new RepeatSpend(customer.Frequency, PurchaseSimulation.PurchaseValues(Spend, customer.Frequency, random).Average()))];
        var rows = PurchaseHistogram.Of(customers).Rows;
        Assert.True(rows > 3 * ChunkedSum.ChunkSize && buyers.Length > 2 * ChunkedSum.ChunkSize, $"{rows} rows and {buyers.Length} buyers are too few to share");

        var reference = Bits(customers, buyers, 1);
        random.Shuffle(customers);
        random.Shuffle(buyers);
        foreach (var threads in new[] { 1, 2, 16 }) Assert.Equal(reference, Bits(customers, buyers, threads));
    }

    private static long[] Bits(PurchaseHistory[] customers, RepeatSpend[] buyers, int threads)
    {
        var (histogram, options) = (PurchaseHistogram.Of(customers), new FitOptions(Threads: threads));
        var (bg, mbg, pareto, spend) = (BgNbd.Fit(histogram, options), MbgNbd.Fit(histogram, options), ParetoNbd.Fit(histogram, options), GammaGamma.Fit(buyers, options));
        var (forecast, value) = (new PurchaseForecast(pareto.Model, 13, 52), CustomerValue.Monthly(bg.Model));
        Span<double> totals = stackalloc double[3];
        ChunkedSum.Over(histogram.Rows, totals, threads, (from, to, sums) =>
        {
            Span<double> expected = stackalloc double[2];
            for (var row = from; row < to; row++)
            {
                var (history, n) = histogram[row];
                forecast.Expected(history, expected);
                sums[0] += n * expected[0];
                sums[1] += n * expected[1];
                sums[2] += n * value.Of(history, spend.Model.ExpectedValue(history.Frequency, 30));
            }
        });
        return
        [
            .. new[]
            {
                bg.Model.R, bg.Model.Alpha, bg.Model.A, bg.Model.B, bg.LogLikelihood, mbg.Model.R, mbg.Model.B, mbg.LogLikelihood,
                pareto.Model.R, pareto.Model.Alpha, pareto.Model.S, pareto.Model.Beta, pareto.LogLikelihood, spend.Model.P, spend.Model.Q, spend.Model.V, spend.LogLikelihood,
            }.Concat(bg.StandardErrors.Concat(mbg.StandardErrors).Concat(pareto.StandardErrors).Concat(spend.StandardErrors).Select(error => error ?? double.NaN))
            .Concat(totals.ToArray()).Select(BitConverter.DoubleToInt64Bits),
        ];
    }
}
