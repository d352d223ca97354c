using System.Globalization;
using System.Text.Json;
using Crm.Seed.Platform;

namespace Crm.Seed.Steps;

/// <summary>Has the models fitted to what was loaded and everybody scored with them, once analytics knows all purchases.</summary>
internal static class ScoreCustomers
{
    private const string Api = "api/analytics/v1";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <param name="returned">Net amount of all returns: analytics is up to date when what is left agrees.</param>
    public static async Task RunAsync(Run run, IReadOnlyDictionary<string, Guid> customers, decimal returned, CancellationToken cancellationToken)
    {
        if (!run.Report.ChangedSomething && await IsScoredAsync(run, customers, cancellationToken)) return;

        await UntilPurchasesArrivedAsync(run, returned, cancellationToken);
        var fit = await JobAsync(run, "model-fits", new { run.Population.Currency }, cancellationToken);
        var scoring = await JobAsync(run, "scoring-runs", new { run.Population.Currency, ModelFitId = fit.GetProperty("id").GetGuid() }, cancellationToken);
        var scored = scoring.GetProperty("result").GetProperty("customers").GetInt64();
        run.Report.Add(new PartReport("customers scored", scored, scored, "RFM, P(alive), expected purchases and value"));
    }

    private static async Task<bool> IsScoredAsync(Run run, IReadOnlyDictionary<string, Guid> customers, CancellationToken cancellationToken)
    {
        var someone = run.Population.Purchases.Select(purchase => purchase.CustomerSourceId).FirstOrDefault(customers.ContainsKey);
        return someone is null || await run.Platform.TryGetAsync($"{Api}/customers/{customers[someone]}/value", cancellationToken) is not null;
    }

    /// <summary>Events take their time. Other data of the same currency may be there too, so "at least" is all that can be asked.</summary>
    private static async Task UntilPurchasesArrivedAsync(Run run, decimal returned, CancellationToken cancellationToken)
    {
        var purchases = run.Population.Purchases;
        // Who gave everything back is no buyer any more.
        var givenBack = run.Population.Returns.Select(planned => planned.PurchaseId).ToHashSet();
        var buyers = purchases.Where(purchase => !givenBack.Contains(purchase.SourceId)).Select(purchase => purchase.CustomerSourceId).Distinct().Count();
        var revenue = purchases.Sum(purchase => purchase.Lines.Sum(line => line.Net())) - returned;
        var first = DateOnly.FromDateTime(purchases.Min(purchase => purchase.PurchasedAt.ToDateTime())).AddDays(-1);
        var last = DateOnly.FromDateTime(purchases.Max(purchase => purchase.PurchasedAt.ToDateTime())).AddDays(2);
        var path = string.Create(CultureInfo.InvariantCulture, $"{Api}/concentration?currency={run.Population.Currency}&from={first:yyyy-MM-dd}&to={last:yyyy-MM-dd}");

        using var progress = run.Progress.Begin("Known to analytics", buyers);
        var (started, shown, before) = (run.Time.GetTimestamp(), 0, (0, 0m));
        while (run.Time.GetElapsedTime(started) < Patience)
        {
            var now = await KnownAsync(run.Platform, path, cancellationToken);
            progress.Advance(Math.Min(now.Buyers, buyers) - shown);
            shown = Math.Min(now.Buyers, buyers);
            if (now.Buyers >= buyers && now.Revenue >= revenue && now == before) return;
            before = now;
            await Task.Delay(PollInterval, run.Time, cancellationToken);
        }

        throw new SeedException($"Analytics does not know all purchases after {Patience.TotalMinutes} minutes. ./crm status and ./crm logs analytics may tell why; then run this again.");
    }

    private static async Task<(int Buyers, decimal Revenue)> KnownAsync(PlatformClient platform, string path, CancellationToken cancellationToken)
    {
        try
        {
            var known = await platform.TryGetAsync(path, cancellationToken);
            return known is { } some ? (some.GetProperty("customers").GetInt32(), some.GetProperty("total").GetDecimal()) : (0, 0);
        }
        catch (ApiException exception) when (exception.Code.StartsWith("analytics.", StringComparison.Ordinal))
        {
            return (0, 0);
        }
    }

    private static async Task<JsonElement> JobAsync(Run run, string jobs, object request, CancellationToken cancellationToken)
    {
        var job = await run.Platform.PostAsync($"{Api}/{jobs}", request, $"seed {run.Population.Source} {jobs} {run.Id}", cancellationToken);
        var path = $"{Api}/{jobs}/{job.GetProperty("id").GetGuid()}";
        var started = run.Time.GetTimestamp();
        while (run.Time.GetElapsedTime(started) < Patience)
        {
            switch (StateOf(job))
            {
                case "succeeded":
                    return job;
                case "failed":
                    throw new SeedException($"The job {path} failed: {job}");
                default:
                    await Task.Delay(PollInterval, run.Time, cancellationToken);
                    job = await run.Platform.GetAsync(path, cancellationToken);
                    break;
            }
        }

        throw new SeedException($"The job {path} is not done after {Patience.TotalMinutes} minutes.");
    }

    private static string? StateOf(JsonElement job) => job.GetProperty("status").GetProperty("state").GetString();
}
