using System.Diagnostics;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Analytics.Tests.Jobs;

/// <summary>Serves and consumes, but leaves jobs to the replicas that a test starts.</summary>
public sealed class IdleHost : AnalyticsHost
{
    public IReadOnlyDictionary<string, string?> Settings { get; private set; } = new Dictionary<string, string?>();

    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        await base.ConfigureAsync(settings);
        settings["Analytics:RunJobs"] = "false";
        Settings = settings.AsReadOnly();
    }
}

public sealed class JobTests(IdleHost host) : IClassFixture<IdleHost>
{
    [Fact]
    public async Task A_job_is_planned_with_statistics_of_what_was_just_loaded()
    {
        await host.ScalarAsync<long?>("ALTER TABLE purchase_days SET (autovacuum_enabled = off)");
        await host.PopulateAsync("SGD", 600);
        await Eventually.Holds(async () => Assert.InRange(
            await host.ScalarAsync<long>("SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = 'purchase_days'"), 1_001, long.MaxValue));

        await using var replica = Replica(scoringBatch: 1000);
        await host.RunAsync("/model-fits", new { currency = "SGD" });

        var known = await host.ScalarAsync<long>("SELECT reltuples::bigint FROM pg_class WHERE relname = 'purchase_days'");
        Assert.Equal(await host.ScalarAsync<long>("SELECT count(*) FROM purchase_days"), known);
        await host.ScalarAsync<long?>("ALTER TABLE purchase_days RESET (autovacuum_enabled)");
    }

    [Fact]
    public async Task A_worker_killed_in_the_middle_is_replaced_and_the_run_goes_on_where_it_was()
    {
        var customers = await host.PopulateAsync("USD", 400);
        await using var first = Replica(scoringBatch: 1);
        var fit = await host.RunAsync("/model-fits", new { currency = "USD" });

        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CustomersScored));
        using var accepted = await host.Analyst().PostAsync(AnalyticsHost.Api + "/scoring-runs", new { modelFitId = fit.GetProperty("id").GetGuid() });
        var location = accepted.Headers.Location!.ToString();
        await Eventually.Holds(async () => Assert.InRange(await DoneAsync(location), 5, 350));
        await first.KillAsync();
        var saved = await DoneAsync(location);
        var stored = await host.ScalarAsync<long>("SELECT count(*) FROM unranked_scores");
        Assert.InRange(saved, 5, 399);
        Assert.Equal(saved, stored);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM customer_scores WHERE currency = 'USD'"));

        await using var second = Replica(scoringBatch: 50);
        var lowest = long.MaxValue;
        await Eventually.Holds(
            async () =>
            {
                var status = (await host.Analyst().GetAsync(location).OkJsonAsync()).GetProperty("status");
                if (status.GetProperty("phase").GetString() == "scoring") lowest = Math.Min(lowest, status.GetProperty("done").GetInt64());
                Assert.Equal("succeeded", status.GetProperty("state").GetString());
            },
            TimeSpan.FromSeconds(60));
        Assert.True(lowest >= saved, $"the run fell back from {saved} to {lowest}");
        var done = await host.EndOfAsync(location);
        Assert.Equal(2, done.GetProperty("status").GetProperty("attempts").GetInt32());
        Assert.Equal(customers.Count, done.GetProperty("result").GetProperty("customers").GetInt32());
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM unranked_scores"));
        await Eventually.Holds(() =>
        {
            var told = probe.Seen<CustomersScored>().SelectMany(scored => scored.Scores).Select(score => score.CustomerId).ToArray();
            Assert.Equal(customers.Order(), told.Order());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Replicas_do_every_job_once()
    {
        var customers = new Dictionary<string, IReadOnlyList<Guid>> { ["EUR"] = await host.PopulateAsync("EUR", 50), ["GBP"] = await host.PopulateAsync("GBP", 50) };
        await using var one = Replica(scoringBatch: 10);
        await using var two = Replica(scoringBatch: 10);
        foreach (var currency in customers.Keys) await host.RunAsync("/model-fits", new { currency });
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CustomersScored));

        // A run is told apart by its horizon. Jobs are added until both replicas have worked.
        var runs = new List<(string Currency, int HorizonDays, string Location)>();
        await Eventually.Holds(
            async () =>
            {
                foreach (var currency in customers.Keys)
                {
                    using var accepted = await host.Analyst().PostAsync(AnalyticsHost.Api + "/scoring-runs", new { currency, horizonDays = 100 + runs.Count });
                    runs.Add((currency, 100 + runs.Count, accepted.Headers.Location!.ToString()));
                }

                await Task.Delay(500);
                Assert.Equal(2, await host.ScalarAsync<long>("SELECT count(DISTINCT worker) FROM jobs WHERE kind = 'scoring-run' AND currency IN ('EUR', 'GBP')"));
            },
            TimeSpan.FromSeconds(60));

        foreach (var run in runs)
        {
            var ended = await host.EndOfAsync(run.Location);
            Assert.Equal(1, ended.GetProperty("status").GetProperty("attempts").GetInt32());
        }

        await Eventually.Holds(() =>
        {
            var told = probe.Seen<CustomersScored>().SelectMany(scored => scored.Scores).ToLookup(score => score.HorizonDays, score => score.CustomerId);
            Assert.All(runs, run => Assert.Equal(customers[run.Currency].Order(), told[run.HorizonDays].Order()));
            return Task.CompletedTask;
        });
    }

    private async Task<long> DoneAsync(string location) =>
        (await host.Analyst().GetAsync(location).OkJsonAsync()).GetProperty("status").GetProperty("done").GetInt64();

    /// <summary>Analytics as a process of its own, that can be killed as a machine would.</summary>
    private ReplicaProcess Replica(int scoringBatch)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Crm.Analytics.dll") },
            WorkingDirectory = AppContext.BaseDirectory,
            UseShellExecute = false,
        };
        foreach (var (key, value) in host.Settings) start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Analytics__AsOf"] = "LastPurchase";
        start.Environment["Analytics__RunJobs"] = "true";
        start.Environment["Analytics__ScoringBatch"] = scoringBatch.ToString(System.Globalization.CultureInfo.InvariantCulture);
        (start.Environment["HTTP_PORT"], start.Environment["GRPC_PORT"], start.Environment["BIND_ADDRESS"]) = ("0", "0", "127.0.0.1");
        return new ReplicaProcess(Process.Start(start)!);
    }

    private sealed class ReplicaProcess(Process process) : IAsyncDisposable
    {
        /// <summary>SIGKILL: nothing is handed back.</summary>
        public Task KillAsync()
        {
            process.Kill();
            return process.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (!process.HasExited) await KillAsync();
            process.Dispose();
        }
    }
}
