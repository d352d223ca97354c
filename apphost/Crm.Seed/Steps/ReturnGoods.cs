using System.Text.Json;

namespace Crm.Seed.Steps;

internal static class ReturnGoods
{
    /// <summary>The net amount that was given back, by this run or an earlier one.</summary>
    public static async Task<decimal> RunAsync(Run run, CancellationToken cancellationToken)
    {
        var (count, total) = (0, 0m);
        var sum = new Lock();
        if (run.Population.Returns.Count == 0) return 0;
        using (var progress = run.Progress.Begin("Returns", run.Population.Returns.Count))
        {
            await Parallel.ForEachAsync(run.Population.Returns, Run.Parallel(cancellationToken), async (planned, token) =>
            {
                var (amount, isNew) = await ReturnAsync(run, planned, token);
                lock (sum)
                {
                    total += amount;
                    if (isNew) count++;
                }

                progress.Advance();
            });
        }

        run.Report.Add(new PartReport("returns", run.Population.Returns.Count, count, $"{count} recorded"));
        return total;
    }

    private static async Task<(decimal Amount, bool IsNew)> ReturnAsync(Run run, PlannedReturn planned, CancellationToken cancellationToken)
    {
        var found = await run.Platform.GetAsync(
            $"api/sales/v1/purchases?source={run.Population.Source}&sourceId={Uri.EscapeDataString(planned.PurchaseId)}", cancellationToken);
        if (found.GetProperty("items").EnumerateArray().FirstOrDefault() is not { ValueKind: JsonValueKind.Object } purchase) return (0, false);

        // Whatever its size: this purchase was returned before, by us or at a counter.
        if (purchase.GetProperty("returnedTotal").GetDecimal() is > 0 and var before) return (before, false);
        var answer = await run.Platform.PostAsync(
            $"api/sales/v1/purchases/{purchase.GetProperty("id").GetGuid()}/returns",
            new { Lines = new[] { new { planned.Line, planned.Quantity, planned.Reason } }, planned.ReturnedAt },
            $"seed {run.Population.Source} return {planned.PurchaseId}",
            cancellationToken);
        return (answer.GetProperty("return").GetProperty("total").GetDecimal(), true);
    }
}
