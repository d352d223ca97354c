using System.Globalization;
using Crm.Sales.Contracts.V1;

namespace Crm.Seed.Steps;

/// <summary>Streams the purchases in, a few thousand a call: each call is confirmed on its own.</summary>
internal static class LoadPurchases
{
    private const int PerCall = 10_000;
    private const int PerMessage = 250;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        var total = new IngestSummary();
        using (var progress = run.Progress.Begin("Purchases", run.Population.Purchases.Count))
        {
            foreach (var part in run.Population.Purchases.Chunk(PerCall))
            {
                var summary = await run.Platform.CallAsync(
                    async headers =>
                    {
                        using var call = run.Platform.PurchaseIngestion.Ingest(headers, cancellationToken: cancellationToken);
                        foreach (var purchases in part.Chunk(PerMessage))
                        {
                            await call.RequestStream.WriteAsync(new IngestRequest { Purchases = { purchases } }, cancellationToken);
                        }

                        await call.RequestStream.CompleteAsync();
                        return await call;
                    },
                    cancellationToken);
                total.Recorded += summary.Recorded;
                total.Unchanged += summary.Unchanged;
                total.Rejected += summary.Rejected;
                total.Rejections.AddRange(summary.Rejections);
                progress.Advance(part.Length);
            }
        }

        run.Report.Add(new PartReport("purchases", run.Population.Purchases.Count, total.Recorded, string.Create(
            CultureInfo.InvariantCulture, $"{total.Recorded:N0} recorded, {total.Unchanged:N0} unchanged, {total.Rejected:N0} rejected")));
        if (total.Rejected == 0) return;
        run.Report.Problem($"{total.Rejected} purchases were rejected, the first: {total.Rejections[0]}");
    }
}
