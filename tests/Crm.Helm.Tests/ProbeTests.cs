using System.Diagnostics;
using Crm.Testing;
using Dapper;
using Npgsql;

namespace Crm.Helm.Tests;

/// <summary>The correctness probe against all services behind the gateway: right, then made wrong, and what it leaves behind.</summary>
public sealed class ProbeTests
{
    private static readonly string[] Services = ["customer", "sales", "service", "loyalty", "campaign", "analytics"];

    private static readonly Dictionary<string, string> Programs = new()
    {
        ["customer"] = "Crm.Customer", ["sales"] = "Crm.Sales", ["service"] = "Crm.ServiceDesk", ["loyalty"] = "Crm.Loyalty", ["campaign"] = "Crm.Campaign", ["analytics"] = "Crm.Analytics",
    };

    [Fact]
    public async Task All_is_right_then_a_wrong_number_of_points_is_found_and_nothing_is_left()
    {
        var databases = new Dictionary<string, IsolatedServers>();
        var running = new List<IAsyncDisposable>();
        try
        {
            foreach (var name in Services.Append("gateway")) databases[name] = await IsolatedServers.CreateAsync("probe_" + name);
            var broker = ("ConnectionStrings__rabbitmq", databases["customer"].RabbitMq);
            var customer = await StartAsync("customer", broker);
            var customerAt = ("services__customer__grpc__0", $"http://127.0.0.1:{customer.GrpcPort}");
            var others = await Task.WhenAll(Services.Skip(1).Select(name => StartAsync(
                name, broker, customerAt, ("services__analytics__grpc__0", "http://127.0.0.1:1"), ("Campaign__PublicBaseUrl", "http://localhost:1"), ("Campaign__LinkKey", Convert.ToBase64String(new byte[32])))));
            var (idp, _) = await IdentityProvider.StartAsync();
            running.Add(idp);
            var gateway = await RunningWorkload.StartAsync(
                "Crm.Gateway", "gateway", databases["gateway"],
                [
                    .. Services.Zip(others.Prepend(customer)).SelectMany(pair => new[]
                    {
                        ($"services__{pair.First}__http__0", pair.Second.Http), ($"services__{pair.First}__grpc__0", $"http://127.0.0.1:{pair.Second.GrpcPort}"),
                    }),
                    ("Oidc__Authority", idp.Issuer), ("Oidc__ClientSecret", IdentityProvider.WebSecret),
                ]);
            running.Add(gateway);
            foreach (var queue in new[] { "sales-customers-registered", "loyalty-purchases-recorded", "loyalty-purchase-returned", "service-customers-registered", "customer-points-posted", "customer-case-changed", "customer-purchases-recorded" })
            {
                await Eventually.Holds(async () => Assert.True(await databases["customer"].QueueExistsAsync(queue), queue));
            }

            var first = await RunAsync(gateway, idp);
            Assert.True(first.Code == 0, first.Output);
            Assert.Contains("whole-customer", first.Output, StringComparison.Ordinal);
            Assert.Contains("crm_probe_success 1\n", first.Metrics, StringComparison.Ordinal);
            Assert.Contains("crm_probe_step_seconds{step=\"points-back\"}", first.Metrics, StringComparison.Ordinal);

            // Somebody changes what a point costs: answers still come, but they are wrong.
            await ExecuteAsync("loyalty", "UPDATE earning_rules SET amount_per_point = amount_per_point * 2");
            var wrong = await RunAsync(gateway, idp);
            Assert.True(wrong.Code == 1, wrong.Output);
            Assert.Contains("points: 10 expected, 5 found (step points)", wrong.Output, StringComparison.Ordinal);
            Assert.Contains("crm_probe_success 0\n", wrong.Metrics, StringComparison.Ordinal);

            // One customer for ever; nothing bought, earned or open remains, after the failure too.
            Assert.Equal(1, await ScalarAsync("customer", "SELECT count(*) FROM customers WHERE 'synthetic' = ANY (tags)"));
            Assert.Equal(2, await ScalarAsync("sales", "SELECT count(*) FROM purchases"));
            Assert.Equal(0, await ScalarAsync("sales", "SELECT count(*) FROM purchases WHERE total <> returned_total"));
            Assert.Equal(0, await ScalarAsync("service", "SELECT count(*) FROM cases WHERE resolved_at IS NULL"));
            await Eventually.Holds(async () => Assert.Equal(0, await ScalarAsync("loyalty", "SELECT available + debt FROM members")));
        }
        finally
        {
            foreach (var each in running.AsEnumerable().Reverse()) await each.DisposeAsync();
            foreach (var each in databases.Values) await each.DisposeAsync();
        }

        async Task<RunningWorkload> StartAsync(string name, params (string, string)[] settings)
        {
            var workload = await RunningWorkload.StartAsync(Programs[name], name, databases[name], settings);
            lock (running) running.Add(workload);
            return workload;
        }

        async Task ExecuteAsync(string service, string sql)
        {
            await using var database = NpgsqlDataSource.Create(databases[service].Postgres);
            await using var connection = await database.OpenConnectionAsync();
            await connection.ExecuteAsync(sql);
        }

        async Task<long> ScalarAsync(string service, string sql)
        {
            await using var database = NpgsqlDataSource.Create(databases[service].Postgres);
            await using var connection = await database.OpenConnectionAsync();
            return await connection.ExecuteScalarAsync<long>(sql);
        }
    }

    private static async Task<(int Code, string Output, string Metrics)> RunAsync(RunningWorkload gateway, IdentityProvider idp)
    {
        var file = Path.Combine(Path.GetTempPath(), $"crm-probe-{Path.GetRandomFileName()}.prom");
        var start = new ProcessStartInfo("dotnet", [RunningWorkload.PathOf("Crm.Probe")]) { RedirectStandardOutput = true };
        foreach (var (key, value) in new[]
        {
            ("Probe__Gateway", gateway.Http), ("Probe__Authority", idp.Issuer), ("Probe__UsersFile", idp.UsersFile), ("Probe__MetricsFile", file), ("Probe__Patience", "00:00:20"),
        })
        {
            start.Environment[key] = value;
        }

        using var probe = Process.Start(start)!;
        var output = await probe.StandardOutput.ReadToEndAsync();
        await probe.WaitForExitAsync();
        var metrics = await File.ReadAllTextAsync(file);
        File.Delete(file);
        return (probe.ExitCode, output, metrics);
    }
}
