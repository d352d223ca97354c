using System.Globalization;

namespace Crm.Seed.Steps;

/// <summary>Makes customers members as of the day they became known, so that their purchases earn.</summary>
internal static class EnrolMembers
{
    private const int PerRequest = 1_000;

    public static async Task RunAsync(Run run, IReadOnlyDictionary<string, Guid> customers, CancellationToken cancellationToken)
    {
        var since = run.Population.Customers.ToDictionary(customer => customer.SourceId, customer => customer.RegisteredAt.ToDateTimeOffset());
        var members = run.Population.Members.Where(customers.ContainsKey).OrderBy(id => since[id]).ThenBy(id => id, StringComparer.Ordinal).ToList();
        var (enrolled, batch) = (0, 0);
        using (var progress = run.Progress.Begin("Members", members.Count))
        {
            foreach (var part in members.Chunk(PerRequest))
            {
                // Within a batch all have the date of the earliest.
                var answer = await run.Platform.PostAsync(
                    "api/loyalty/v1/members/batch", new { CustomerIds = part.Select(id => customers[id]), EnrolledAt = since[part[0]] },
                    $"seed {run.Population.Source} members {++batch} {run.Id}", cancellationToken);
                enrolled += answer.GetProperty("enrolled").GetInt32();
                progress.Advance(part.Length);
            }
        }

        run.Report.Add(new PartReport("members", members.Count, enrolled, string.Create(CultureInfo.InvariantCulture, $"{enrolled:N0} enrolled")));
    }
}
