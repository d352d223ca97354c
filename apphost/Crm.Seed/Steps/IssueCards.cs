namespace Crm.Seed.Steps;

internal static class IssueCards
{
    public static async Task RunAsync(Run run, IReadOnlyDictionary<string, Guid> customers, CancellationToken cancellationToken)
    {
        var holders = run.Population.CardHolders.Where(customers.ContainsKey).ToList();
        var issued = 0;
        using (var progress = run.Progress.Begin("Reward cards", holders.Count))
        {
            await Parallel.ForEachAsync(holders, Run.Parallel(cancellationToken), async (holder, token) =>
            {
                var member = await run.Platform.GetAsync($"api/loyalty/v1/members/by-customer/{customers[holder]}", token);
                if (member.GetProperty("cards").GetArrayLength() == 0)
                {
                    await run.Platform.PostAsync($"api/loyalty/v1/members/{member.GetProperty("id").GetGuid()}/cards", new { }, $"seed {run.Population.Source} card {holder}", token);
                    Interlocked.Increment(ref issued);
                }

                progress.Advance();
            });
        }

        run.Report.Add(new PartReport("reward cards", holders.Count, issued, $"{issued} issued"));
    }
}
