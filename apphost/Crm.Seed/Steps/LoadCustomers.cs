using System.Globalization;
using Crm.Customer.Contracts.V1;

namespace Crm.Seed.Steps;

/// <summary>Streams the customers in, a few thousand a call: each call is confirmed on its own.</summary>
internal static class LoadCustomers
{
    private const int PerCall = 5_000;
    private const int PerMessage = 200;

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        var total = new ImportSummary();
        using (var progress = run.Progress.Begin("Customers", run.Population.Customers.Count))
        {
            foreach (var part in run.Population.Customers.Chunk(PerCall))
            {
                var summary = await run.Platform.CallAsync(
                    async headers =>
                    {
                        using var call = run.Platform.CustomerIngestion.Import(headers, cancellationToken: cancellationToken);
                        foreach (var customers in part.Chunk(PerMessage))
                        {
                            await call.RequestStream.WriteAsync(new ImportRequest { Customers = { customers } }, cancellationToken);
                        }

                        await call.RequestStream.CompleteAsync();
                        return await call;
                    },
                    cancellationToken);
                total.Created += summary.Created;
                total.Updated += summary.Updated;
                total.Unchanged += summary.Unchanged;
                total.Rejected += summary.Rejected;
                total.Rejections.AddRange(summary.Rejections);
                progress.Advance(part.Length);
            }
        }

        run.Report.Add(new PartReport("customers", run.Population.Customers.Count, total.Created + total.Updated, string.Create(
            CultureInfo.InvariantCulture, $"{total.Created:N0} created, {total.Updated:N0} updated, {total.Unchanged:N0} unchanged")));
        if (total.Rejected == 0) return;
        run.Report.Problem($"{total.Rejected} customers were rejected, the first: {total.Rejections[0]}");
    }
}
