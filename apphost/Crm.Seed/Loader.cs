using System.Security.Cryptography;
using Crm.Seed.Platform;
using Crm.Seed.Steps;

namespace Crm.Seed;

/// <summary>
/// Brings a population to the platform in the order of its life: members are enrolled before their purchases flow, so that these earn.
/// Each step sends only what is not there yet, or what the platform itself recognises by its key.
/// </summary>
internal sealed class Loader(PlatformClient platform, ProgressDisplay progress, TimeProvider time)
{
    public async Task<SeedReport> LoadAsync(Population population, CancellationToken cancellationToken)
    {
        var report = new SeedReport();
        var run = new Run(platform, progress, time, report, population, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var started = time.GetTimestamp();
        try
        {
            await LoadProducts.RunAsync(run, cancellationToken);
            await LoadCustomers.RunAsync(run, cancellationToken);
            var customers = await FindCustomers.RunAsync(run, cancellationToken);
            await EnrolMembers.RunAsync(run, customers, cancellationToken);
            await IssueCards.RunAsync(run, customers, cancellationToken);
            await LoadPurchases.RunAsync(run, cancellationToken);
            var returned = await ReturnGoods.RunAsync(run, cancellationToken);
            await OpenCases.RunAsync(run, customers, cancellationToken);
            await LoadAccounts.RunAsync(run, customers, cancellationToken);
            await AnswerSurveys.RunAsync(run, customers, cancellationToken);
            if (population.WithMarketing) await PrepareCampaign.RunAsync(run, cancellationToken);
            if (report.IsComplete) await ScoreCustomers.RunAsync(run, customers, returned, cancellationToken);
        }
        catch (Exception exception) when (exception is ApiException or SeedException { ExitCode: 1 })
        {
            // What was loaded until here is worth telling.
            report.Problem(exception.Message);
        }

        report.Took = time.GetElapsedTime(started);
        return report;
    }
}

/// <summary>What all steps of a run need.</summary>
/// <param name="Id">Part of the idempotency keys of what is done anew in each run: repeated within a run only.</param>
internal sealed record Run(PlatformClient Platform, ProgressDisplay Progress, TimeProvider Time, SeedReport Report, Population Population, string Id)
{
    /// <summary>Requests at once; the platform runs on the same few cores.</summary>
    public static ParallelOptions Parallel(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = 6, CancellationToken = cancellationToken };
}
