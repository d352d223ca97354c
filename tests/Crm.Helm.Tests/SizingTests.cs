using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using Npgsql;

namespace Crm.Helm.Tests;

/// <summary>The simulation's inputs are what services on this machine really use, and its outputs move the right way.</summary>
public sealed partial class SizingTests
{
    private const int Customers = 300;
    private const int Purchases = 500;
    private static readonly string Folder = Repository.PathOf("deploy", "sizing");

    [Fact]
    public async Task The_inputs_are_what_the_services_use_here()
    {
        await using var servers = await IsolatedServers.CreateAsync("sizing");
        await using var salesServers = await IsolatedServers.CreateAsync("sizing_sales");
        await using var loyaltyServers = await IsolatedServers.CreateAsync("sizing_loyalty");
        await using var analyticsServers = await IsolatedServers.CreateAsync("sizing_analytics");
        var broker = ("ConnectionStrings__rabbitmq", servers.RabbitMq);
        await using var customer = await RunningWorkload.StartAsync("Crm.Customer", "customer", servers);
        var customerAt = ("services__customer__grpc__0", $"http://127.0.0.1:{customer.GrpcPort}");
        await using var sales = await RunningWorkload.StartAsync("Crm.Sales", "sales", salesServers, broker, customerAt);
        await using var loyalty = await RunningWorkload.StartAsync("Crm.Loyalty", "loyalty", loyaltyServers, broker, customerAt);
        await using var analytics = await RunningWorkload.StartAsync("Crm.Analytics", "analytics", analyticsServers, broker);
        foreach (var queue in new[] { "customer-purchases-recorded", "sales-customers-registered", "loyalty-purchases-recorded", "loyalty-customers-registered" })
        {
            await Eventually.Holds(async () => Assert.True(await servers.QueueExistsAsync(queue), queue));
        }

        var found = new Dictionary<string, double>();
        using var editor = customer.ClientFor(Roles.Integration);
        var ids = await RegisterAsync(editor, 0, 50); // what the first calls cost is the compiler's
        var (before, size) = (await CpuAsync(customer), await BytesAsync(servers));
        ids.AddRange(await RegisterAsync(editor, 50, Customers));
        found["write"] = (await CpuAsync(customer) - before) * 1000 / Customers;
        found["customer"] = (await BytesAsync(servers) - size) / Customers;

        before = await CpuAsync(customer);
        for (var i = 0; i < 2; i++)
        {
            foreach (var id in ids) (await editor.GetAsync("/api/customer/v1/customers/" + id)).Dispose();
        }

        found["read"] = (await CpuAsync(customer) - before) * 1000 / (2 * ids.Count);

        using var loyaltyClient = loyalty.ClientFor(Roles.Integration);
        size = await BytesAsync(loyaltyServers);
        await loyaltyClient.PostAsync("/api/loyalty/v1/members/batch", new { customerIds = ids, enrolledAt = DateTimeOffset.UnixEpoch.AddYears(40) }).OkJsonAsync();
        found["member"] = (await BytesAsync(loyaltyServers) - size) / ids.Count;

        using var shop = sales.ClientFor(Roles.Integration);
        await shop.PostAsync("/api/sales/v1/products/batch", new { products = new[] { new { sku = "A-1", name = "Article", category = "Things", price = 150_000, currency = "IDR" } } }).OkJsonAsync();
        var sizes = (Sales: await BytesAsync(salesServers), Loyalty: await BytesAsync(loyaltyServers), Customer: await BytesAsync(servers), Analytics: await BytesAsync(analyticsServers));
        var purchases = Enumerable.Range(0, Purchases).Select(i => new
        {
            source = "sizing", sourceId = $"P-{i}", purchasedAt = DateTimeOffset.UnixEpoch.AddYears(50).AddHours(i), currency = "IDR", customerId = ids[i % ids.Count],
            lines = new[] { new { sku = "A-1", quantity = 1 + (i % 3), unitPrice = 150_000 }, new { sku = "A-1", quantity = 1, unitPrice = 140_000 } },
        });
        await shop.PostAsync("/api/sales/v1/purchases/batch", new { purchases }).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal(Purchases, await CountAsync(loyaltyServers, "SELECT count(DISTINCT source_id) FROM journals")));
        await Eventually.Holds(async () => Assert.True(await CountAsync(servers, "SELECT count(*) FROM timeline_entries WHERE source_service = 'loyalty'") >= Purchases));
        await Eventually.Holds(async () => Assert.True(await CountAsync(analyticsServers, "SELECT count(*) FROM purchase_days") > 0));
        found["purchase"] = (await BytesAsync(salesServers) - sizes.Sales) / Purchases;
        found["pointsPosting"] = (await BytesAsync(loyaltyServers) - sizes.Loyalty) / Purchases;
        found["timelineEntry"] = (await BytesAsync(servers) - sizes.Customer) / (2 * Purchases);
        found["loggedEvent"] = (await BytesAsync(analyticsServers) - sizes.Analytics) / Purchases;

        using var inputs = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "measured.json")));
        var problems = new List<string>();
        foreach (var (name, value) in found)
        {
            var isCpu = inputs.RootElement.GetProperty("cpuMilliseconds").TryGetProperty(name, out var stated);
            if (!isCpu) stated = inputs.RootElement.GetProperty("bytes").GetProperty(name);
            var factor = isCpu ? 4 : 2;
            if (value < stated.GetDouble() / factor || value > stated.GetDouble() * factor) problems.Add($"{name}: measured.json says {stated}, here it is {value:0.##}");
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems) + "\nall: " + string.Join(", ", found.Select(pair => $"{pair.Key} {pair.Value:0.##}")));
    }

    [Fact]
    public async Task More_load_needs_more_and_the_sum_is_right()
    {
        var (small, large) = (await SizeAsync("--customers", "1000000"), await SizeAsync("--customers", "4000000", "--requests-per-second", "2000", "--sends-per-hour", "2000000"));

        Assert.True(large.GetProperty("total").GetProperty("cores").GetDouble() > small.GetProperty("total").GetProperty("cores").GetDouble());
        Assert.True(Pods(large, "gateway") > Pods(small, "gateway"));
        Assert.Equal(4.0, large.GetProperty("postgres").GetProperty("dataGib").GetDouble() / small.GetProperty("postgres").GetProperty("dataGib").GetDouble(), 0.01);
        var databases = small.GetProperty("databasesGib").EnumerateObject().Sum(database => database.Value.GetDouble());
        Assert.Equal(small.GetProperty("postgres").GetProperty("dataGib").GetDouble(), databases, 0.05);
        // By hand: 200,000 sends an hour are 55.6 a second at 0.3 ms of CPU each; one pod is enough.
        Assert.Equal(1, Pods(small, "campaign-sender"));
        Assert.Equal(0.02, small.GetProperty("workloads").GetProperty("campaign-sender").GetProperty("needs").GetDouble(), 0.005);
    }

    [Fact]
    public async Task A_number_that_is_none_is_refused()
    {
        var (code, _, errors) = await RunAsync("--customers", "many");
        Assert.Equal(2, code);
        Assert.Contains("--customers is 'many'", errors, StringComparison.Ordinal);
    }

    private static int Pods(JsonElement size, string workload) => size.GetProperty("workloads").GetProperty(workload).GetProperty("pods").GetInt32();

    private static async Task<JsonElement> SizeAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, errors);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, "size.mjs"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }

    private static async Task<List<string>> RegisterAsync(HttpClient client, int from, int count)
    {
        var ids = new List<string>();
        for (var i = from; i < from + count; i++)
        {
            var made = await client.PostAsync("/api/customer/v1/customers", new
            {
                displayName = $"Siti Rahmawati {i}", givenName = "Siti", familyName = $"Rahmawati {i}", email = $"siti.{i}@example.com", phone = $"+6281200{i:00000}", language = "id",
                address = new { street = $"Jalan Melati {i}", city = "Bandung", postalCode = "40115", country = "ID" }, tags = new[] { "regular" }, source = "sizing", sourceId = $"C-{i}",
                consents = new[] { new { channel = "email", purpose = "marketing", granted = true, noticeVersion = "2026-01" } },
            }).OkJsonAsync();
            ids.Add(made.GetProperty("id").GetString()!);
        }

        return ids;
    }

    /// <summary>Seconds of CPU, user and system, as the service itself tells Prometheus.</summary>
    private static async Task<double> CpuAsync(RunningWorkload workload) =>
        CpuTime().Matches(await workload.ScrapeAsync()).Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private static async Task<double> BytesAsync(IsolatedServers servers)
    {
        await using var database = NpgsqlDataSource.Create(servers.Postgres);
        await using var connection = await database.OpenConnectionAsync();
        // What comes and goes (outbox, inbox, stored answers) is not counted.
        return await connection.ExecuteScalarAsync<long>(
            """
            SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname NOT IN ('outbox', 'inbox', 'idempotency', 'schema_migration')
            """);
    }

    private static async Task<long> CountAsync(IsolatedServers servers, string sql)
    {
        await using var database = NpgsqlDataSource.Create(servers.Postgres);
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(sql);
    }

    [GeneratedRegex(@"^dotnet_process_cpu_time_seconds_total\S* ([0-9.eE+-]+)", RegexOptions.Multiline)]
    private static partial Regex CpuTime();
}
