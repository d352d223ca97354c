using System.Text.Json;

namespace Crm.Seed.Steps;

internal static class LoadProducts
{
    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        // Only what is missing: a price that somebody changed meanwhile stays.
        var present = new HashSet<string?>();
        await foreach (var product in run.Platform.ListAsync("api/sales/v1/products", cancellationToken)) present.Add(product.GetProperty("sku").GetString());
        var missing = run.Population.Products.Where(product => !present.Contains(product.Sku)).ToList();
        var created = 0;
        if (missing.Count > 0)
        {
            var body = new
            {
                products = missing.Select(product => new { product.Sku, product.Name, product.Category, product.Price, run.Population.Currency, product.Cost }),
            };
            var answer = await run.Platform.PostAsync("api/sales/v1/products/batch", body, $"seed {run.Population.Source} products {run.Id}", cancellationToken);
            created = answer.GetProperty("created").GetInt32();
            foreach (var item in answer.GetProperty("items").EnumerateArray().Where(IsRejected)) run.Report.Problem($"product {item}");
        }

        run.Report.Add(new PartReport("products", run.Population.Products.Count, created, $"{created} created"));
    }

    private static bool IsRejected(JsonElement item) => item.GetProperty("status").GetString() == "rejected";
}
