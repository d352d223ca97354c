using System.Globalization;
using System.Text;
using Crm.Testing;
using Npgsql;
using StackExchange.Redis;

namespace Crm.EndToEnd.Tests;

/// <summary>The end of the main job: a customer whom all six services know asks to be forgotten, and is nowhere any more.</summary>
public sealed partial class MainJobTests
{
    /// <summary>Figures of the whole that no erasure may change, one of each service that keeps any about a person.</summary>
    private static readonly (string Database, string Sql)[] Totals =
    [
        ("customer", "SELECT count(*) || '' FROM customers"),
        ("sales", "SELECT count(*) || ' ' || sum(total) FROM purchases"),
        ("service", "SELECT count(*) || '' FROM cases"),
        ("loyalty", "SELECT count(*) || ' ' || sum(points) FILTER (WHERE account = 'available') FROM postings"),
        ("campaign", "SELECT (SELECT count(*) FROM deliveries WHERE state = 'sent') || ' ' || (SELECT count(*) FROM responses)"),
        ("analytics", "SELECT count(*) || ' ' || sum(total) FROM purchases"),
    ];

    private async Task AnErasedPersonIsNowhere(Browser browser, string customerId, string address)
    {
        var word = "zq" + Random.Shared.Next(100_000_000, 999_999_999).ToString(CultureInfo.InvariantCulture);
        var phone = $"+62899{Random.Shared.Next(10_000_000, 99_999_999)}";
        var path = $"/api/customer/v1/customers/{customerId}";
        var before = await browser.ApiAsync("GET", path);
        await browser.ApiAsync(
            "PUT",
            path,
            new { displayName = $"Nama {word}", givenName = word, email = address, phone, address = new { street = $"Jalan {word} 1" }, tags = new[] { $"tag-{word}" } },
            before.GetProperty("version").GetInt64());
        await browser.ApiAsync("POST", path + "/notes", new { text = $"Likes {word}." });
        await browser.ApiAsync("POST", path + "/agreements", new { title = $"Agreed: {word}", tasks = new[] { new { unit = "store", title = $"Call {word}" } } });
        var opened = await browser.ApiAsync("POST", "/api/service/v1/cases", new { customerId, subject = $"About {word}", type = "complaint", channel = "phone" });
        await browser.ApiAsync("POST", $"/api/service/v1/cases/{opened.GetProperty("id").GetString()}/comments", new { text = $"{word} said so." }, opened.GetProperty("version").GetInt64());

        // All of it has gone round, so that what looks for it below is known to find it.
        string[] planted = [word, address, phone];
        await Eventually.Holds(
            async () =>
            {
                var places = await PlacesWithAsync(planted);
                foreach (var service in new[] { "customer", "service", "campaign", "analytics" }) Assert.Contains(places, place => place.StartsWith(service + ".", StringComparison.Ordinal));
            },
            TimeSpan.FromMinutes(1));
        var totals = await TotalsAsync();

        var request = await browser.ApiAsync("POST", path + "/privacy-requests", new { kind = "erasure", verifiedBy = "identity card seen" });
        await Eventually.Holds(
            async () =>
            {
                var now = await browser.ApiAsync("GET", $"/api/customer/v1/privacy-requests/{request.GetProperty("id").GetString()}");
                Assert.Equal("done", now.GetProperty("state").GetString());
                Assert.Equal(6, now.GetProperty("confirmedBy").GetArrayLength());
            },
            TimeSpan.FromMinutes(1));
        await Eventually.Holds(async () => Assert.Empty(await PlacesWithAsync(planted)), TimeSpan.FromMinutes(1));
        Assert.Equal(totals, await TotalsAsync());
        Assert.Equal(404, (await browser.TryApiAsync("GET", path)).Status);
    }

    private async Task<string> TotalsAsync()
    {
        var totals = new StringBuilder();
        foreach (var (name, sql) in Totals)
        {
            totals.Append(CultureInfo.InvariantCulture, $"{name}: {(await ColumnAsync(name, sql)).Single()}\n");
        }

        return totals.ToString();
    }

    /// <summary>Tables of every database, keys of Redis with its file, messages of every queue and logs of every process that hold one of these texts.</summary>
    private async Task<List<string>> PlacesWithAsync(string[] texts)
    {
        var places = new List<string>();
        foreach (var database in await ColumnAsync("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate"))
        {
            // A bytea reads as hexadecimal digits.
            string[] patterns = [.. texts.Select(text => $"%{text}%"), .. texts.Select(text => $"%{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))}%")];
            foreach (var table in await ColumnAsync(database, "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'm')"))
            {
                if ((await ColumnAsync(database, $"SELECT 'found' FROM {table} t WHERE t::text ILIKE ANY ($1) LIMIT 1", patterns)).Count > 0) places.Add($"{database}.{table}");
            }
        }

        bool Holds(byte[] content) => texts.Any(text => content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0);
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(await platform.RedisAsync()))
        {
            await foreach (var key in redis.GetServers().Single().KeysAsync(pageSize: 1000))
            {
                if (Holds(Encoding.UTF8.GetBytes((string)key!)) || (await redis.GetDatabase().KeyDumpAsync(key) is { } dump && Holds(dump))) places.Add($"redis {key}");
            }
        }

        foreach (var queue in (await platform.QueuesAsync()).Where(queue => queue.Value > 0).Select(queue => queue.Key))
        {
            if (Holds(Encoding.UTF8.GetBytes(await platform.PeekAsync(queue)))) places.Add($"queue {queue}");
        }

        foreach (var log in Directory.EnumerateFiles(Path.Combine(platform.Home, "logs"), "*", SearchOption.AllDirectories))
        {
            if (Holds(await File.ReadAllBytesAsync(log))) places.Add($"log {Path.GetFileName(log)}");
        }

        return places;
    }

    private async Task<List<string>> ColumnAsync(string database, string sql, string[]? patterns = null)
    {
        await using var connection = new NpgsqlConnection(await platform.DatabaseAsync(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        if (patterns is not null) command.Parameters.Add(new() { Value = patterns });
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync()) values.Add(reader.GetString(0));
        return values;
    }
}
