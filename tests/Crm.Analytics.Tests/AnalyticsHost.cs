using System.Globalization;
using System.Text.Json;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Analytics.Tests;

/// <summary>Analytics as it runs in development; a lease of jobs is short, so that a killed worker is missed soon.</summary>
public class AnalyticsHost() : ServiceHost<Program>("analytics")
{
    public const string Api = "/api/analytics/v1";
    public static readonly Ids Ids = new(TimeProvider.System);

    public HttpClient Analyst() => ClientFor(Roles.Analyst);

    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        settings["Analytics:JobLease"] = "00:00:03";
        settings["Analytics:RescoreInterval"] = "00:00:00.2";
        return Task.CompletedTask;
    }

    /// <summary>Publishes as the sales service would, and waits until every purchase is in the feature store.</summary>
    public async Task RecordAsync(IReadOnlyList<RecordedPurchase> purchases)
    {
        await using var probe = await BusProbe.StartAsync(Servers.RabbitMq);
        await ConsumersAreUpAsync();
        await Task.WhenAll(purchases.Chunk(500).Select(part => probe.PublishAsync(new PurchasesRecorded(Ids.Next(), DateTimeOffset.UnixEpoch, part), Ids.Next())));
        var last = purchases.Select(purchase => purchase.PurchaseId).ToArray();
        await Eventually.Holds(
            async () => Assert.Equal(last.Length, await ScalarAsync<long>("SELECT count(*) FROM purchases WHERE purchase_id = ANY(@last) AND day IS NOT NULL", new { last })),
            TimeSpan.FromSeconds(90));
    }

    /// <summary>Customers of a currency with purchases in the first half of 2024: half of them once, the others up to eight times.</summary>
    public async Task<IReadOnlyList<Guid>> PopulateAsync(string currency, int customers)
    {
        var random = new Random(customers);
        var all = Enumerable.Range(0, customers).Select(_ => Ids.Next()).ToArray();
        var end = new DateOnly(2024, 6, 29);
        await RecordAsync([.. all.SelectMany((customer, i) =>
        {
            var first = random.Next(60, 180);
            return Enumerable.Range(0, i % 2 == 0 ? 1 : random.Next(2, 9))
                .Select(n => Purchase(customer, end.AddDays(n == 0 ? -first : random.Next(-first, 1)), random.Next(20, 400) * 1000, currency));
        })]);
        return all;
    }

    /// <summary>A message that is published before its queue exists is lost; services publish with "mandatory" and try again.</summary>
    public Task ConsumersAreUpAsync() => Eventually.Holds(() =>
    {
        Assert.Equal(BusHealthStatus.Healthy, Services.GetRequiredService<IBusControl>().CheckHealth().Status);
        return Task.CompletedTask;
    });

    public async Task<T?> ScalarAsync<T>(string sql, object? args = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, args);
    }

    /// <summary>Asks for a job and waits for its end.</summary>
    public async Task<JsonElement> RunAsync(string path, object request)
    {
        using var accepted = await Analyst().PostAsync(Api + path, request);
        Assert.True((int)accepted.StatusCode == 202, await accepted.Content.ReadAsStringAsync());
        return await EndOfAsync(accepted.Headers.Location!.ToString());
    }

    public async Task<JsonElement> EndOfAsync(string location)
    {
        JsonElement job = default;
        await Eventually.Holds(
            async () =>
            {
                job = await Analyst().GetAsync(location).OkJsonAsync();
                Assert.NotNull(job.GetProperty("status").GetProperty("finishedAt").GetString());
            },
            TimeSpan.FromSeconds(90));
        Assert.True(job.GetProperty("status").GetProperty("state").GetString() == "succeeded", job.GetRawText());
        return job;
    }

    /// <summary>The CDNOW sample as purchases: ids by line, dates at noon of the business zone.</summary>
    public static IReadOnlyList<RecordedPurchase> CdnowSample() => [.. File.ReadLines(Repository.SharedData("cdnow", "CDNOW_sample.txt")!)
        .Where(line => !string.IsNullOrWhiteSpace(line))
        .Select((line, number) =>
        {
            var cells = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var day = DateOnly.ParseExact(cells[2], "yyyyMMdd", CultureInfo.InvariantCulture);
            return Purchase(CdnowCustomer(int.Parse(cells[1], CultureInfo.InvariantCulture)), day, decimal.Parse(cells[4], CultureInfo.InvariantCulture), id: new Guid(number + 1, 7, 7, [0, 0, 0, 0, 0, 0, 0, 0]));
        })];

    public static Guid CdnowCustomer(int number) => new(number, 1, 1, [0, 0, 0, 0, 0, 0, 0, 0]);

    public static RecordedPurchase Purchase(Guid customer, DateOnly day, decimal total, string currency = "USD", Guid? id = null) => new(
        id ?? Ids.Next(), customer, "test", Ids.Next().ToString(), new DateTimeOffset(day.ToDateTime(new TimeOnly(12, 0)), TimeSpan.FromHours(7)).ToUniversalTime(),
        currency, total, []);

    public static PurchaseReturned Return(RecordedPurchase purchase, decimal amount, decimal left) => new(
        Ids.Next(), DateTimeOffset.UnixEpoch, Ids.Next(), purchase.PurchaseId, purchase.CustomerId, purchase.Source, purchase.SourceId,
        purchase.PurchasedAt.AddDays(2), purchase.Currency, amount, left, []);
}
