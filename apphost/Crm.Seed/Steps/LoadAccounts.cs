using System.Text.Json;

namespace Crm.Seed.Steps;

/// <summary>Organisations with the people who speak for them. One that has the name stays as it is.</summary>
internal static class LoadAccounts
{
    private const string Path = "api/customer/v1/accounts";

    public static async Task RunAsync(Run run, IReadOnlyDictionary<string, Guid> customers, CancellationToken cancellationToken)
    {
        var accounts = run.Population.Accounts;
        if (accounts.Count == 0) return;
        var known = new Dictionary<string, JsonElement>();
        await foreach (var account in run.Platform.ListAsync(Path, cancellationToken)) known.TryAdd(account.GetProperty("displayName").GetString()!, account);

        var added = 0;
        using (var progress = run.Progress.Begin("Accounts", accounts.Count))
        {
            // In order: a branch comes after its head office.
            foreach (var planned in accounts)
            {
                progress.Advance();
                if (known.ContainsKey(planned.Name)) continue;
                var key = $"seed {run.Population.Source} account {planned.Name} {run.Id}";
                Guid? parent = planned.Parent is null ? null : known[planned.Parent].GetProperty("id").GetGuid();
                var account = await run.Platform.PostAsync(
                    Path, new { planned.Kind, displayName = planned.Name, parentId = parent, planned.Industry, address = new { planned.City, country = "ID" } }, key, cancellationToken);
                known[planned.Name] = account;
                added++;
                foreach (var (customer, role) in planned.Contacts)
                {
                    if (!customers.TryGetValue(customer, out var customerId)) continue;
                    await run.Platform.PostAsync($"{Path}/{account.GetProperty("id").GetGuid()}/contacts", new { customerId, role, isPrimary = customer == planned.Contacts[0].CustomerId }, $"{key} {customer}", cancellationToken);
                }
            }
        }

        run.Report.Add(new PartReport("accounts", accounts.Count, added, $"{added} registered"));
    }
}
