namespace Crm.Seed.Steps;

/// <summary>Ids of the population's customers at the platform, by key at the source.</summary>
internal static class FindCustomers
{
    public static async Task<IReadOnlyDictionary<string, Guid>> RunAsync(Run run, CancellationToken cancellationToken)
    {
        // Newest first, and the list can be long on a platform in use: stop as soon as all are found.
        var wanted = run.Population.Customers.ToDictionary(customer => customer.Email, customer => customer.SourceId, StringComparer.OrdinalIgnoreCase);
        var found = new Dictionary<string, Guid>(wanted.Count);
        using (var progress = run.Progress.Begin("Customers' ids", run.Population.Customers.Count))
        {
            await foreach (var customer in run.Platform.ListAsync("api/customer/v1/customers", cancellationToken))
            {
                if (customer.GetProperty("email").GetString() is not { } email || !wanted.TryGetValue(email, out var sourceId)) continue;
                if (found.TryAdd(sourceId, customer.GetProperty("id").GetGuid())) progress.Advance();
                if (found.Count == wanted.Count) break;
            }
        }

        // Somebody gave these another address. They were loaded, so nothing is wrong; what needs their id is left out.
        if (found.Count < wanted.Count) run.Report.Note($"{wanted.Count - found.Count} customers have another e-mail address meanwhile: not enrolled, no cards and cases for them.");
        return found;
    }
}
