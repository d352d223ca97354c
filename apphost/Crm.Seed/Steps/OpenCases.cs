using System.Text.Json;
using Crm.Seed.Platform;

namespace Crm.Seed.Steps;

/// <summary>Opens cases and takes each as far as it is planned. A case's version tells how far an earlier run came.</summary>
internal static class OpenCases
{
    private const string Path = "api/service/v1/cases";

    public static async Task RunAsync(Run run, IReadOnlyDictionary<string, Guid> customers, CancellationToken cancellationToken)
    {
        var cases = run.Population.Cases.Where(planned => customers.ContainsKey(planned.CustomerId)).ToList();
        if (cases.Count == 0) return;
        var opened = 0;
        using (var progress = run.Progress.Begin("Cases", cases.Count))
        {
            await Parallel.ForEachAsync(cases, Run.Parallel(cancellationToken), async (planned, token) =>
            {
                if (await OpenAsync(run, planned, customers[planned.CustomerId], token)) Interlocked.Increment(ref opened);
                progress.Advance();
            });
        }

        run.Report.Add(new PartReport("cases", cases.Count, opened, $"{opened} opened"));
    }

    private static async Task<bool> OpenAsync(Run run, PlannedCase planned, Guid customerId, CancellationToken cancellationToken)
    {
        var key = $"seed {run.Population.Source} case {planned.CustomerId}";
        var existing = await FindAsync(run.Platform, planned, customerId, cancellationToken);
        var @case = existing ?? await run.Platform.PostAsync(
            Path, new { customerId, planned.Subject, planned.Description, planned.Type, planned.Priority, planned.Channel }, key, cancellationToken);

        (string Route, object Body)?[] steps =
        [
            planned.Assignee is null ? null : ("assignments", new { planned.Assignee }),
            planned.Comment is null ? null : ("comments", new { Text = planned.Comment }),
            planned.Resolution is null ? null : ("resolution", new { planned.Resolution }),
        ];
        var id = @case.GetProperty("id").GetGuid();
        for (var version = @case.GetProperty("version").GetInt64(); version <= steps.Length && steps[version - 1] is var (route, body); version++)
        {
            try
            {
                await run.Platform.PostAsync($"{Path}/{id}/{route}", body, $"{key} {route}", cancellationToken, version);
            }
            catch (ApiException exception) when (existing is not null && exception.Code.StartsWith("service.", StringComparison.Ordinal))
            {
                // Somebody works on it: the case is theirs now.
                break;
            }
        }

        return existing is null;
    }

    private static async Task<JsonElement?> FindAsync(PlatformClient platform, PlannedCase planned, Guid customerId, CancellationToken cancellationToken)
    {
        await foreach (var @case in platform.ListAsync($"{Path}?customerId={customerId}", cancellationToken))
        {
            if (@case.GetProperty("subject").GetString() == planned.Subject) return @case;
        }

        return null;
    }
}
