using System.Text.Json;
using Crm.Sales.Contracts.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Sales.Tests;

/// <summary>Sales on real servers, with a catalogue and a Customer service that knows who the tests say.</summary>
public class SalesHost() : ServiceHost<Program>("sales")
{
    public const string Api = "/api/sales/v1";
    public const string Purchases = $"{Api}/purchases";
    public const string Products = $"{Api}/products";
    public static readonly Ids Ids = new(TimeProvider.System);

    private StubGrpcServer _customerServer = null!;

    public CustomerStub Customers { get; } = new();

    public override async Task InitializeAsync()
    {
        _customerServer = await StubGrpcServer.StartAsync(Customers);
        await base.InitializeAsync();
        await ClientFor(Roles.SalesManager).PostAsync($"{Products}/batch", new
        {
            products = new object[]
            {
                new { sku = "RICE-5", name = "Beras 5 kg", category = "Groceries", price = 75000, currency = "IDR", cost = 61000 },
                new { sku = "TEA", name = "Teh melati", category = "Groceries", price = 12500, currency = "IDR" },
                new { sku = "CD", name = "CD", category = "Music", price = 11.77, currency = "USD", cost = 4.5 },
            },
        }).OkJsonAsync();
    }

    /// <summary>A customer that Customer knows, and Sales does not yet.</summary>
    public Guid NewCustomer(string? source = null, string? sourceId = null)
    {
        var id = Ids.Next();
        Customers.Ids[id] = 0;
        if (source is not null) Customers.Keys[(source, sourceId!)] = id;
        return id;
    }

    public HttpClient Seller() => ClientFor(Roles.SalesRep);

    public PurchaseIngestion.PurchaseIngestionClient Ingestion(string caller = "gateway", params string[] roles) =>
        new(GrpcFrom(caller, roles.Length == 0 ? [Roles.Integration] : roles));

    public async Task<T> QueryAsync<T>(string sql, object? args = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QuerySingleAsync<T>(sql, args))!;
    }

    public Task<long> CountAsync(string source) => QueryAsync<long>("SELECT count(*) FROM purchases WHERE source = @source", new { source });

    /// <summary>A source of its own for a test, so that it can count what is stored.</summary>
    public static string NewSource() => "test-" + Ids.Next().ToString("N")[16..];

    /// <summary>A sound purchase as JSON that a test may then spoil.</summary>
    public static Dictionary<string, object?> Sound(string source, string sourceId, Guid customerId) => new()
    {
        ["source"] = source,
        ["sourceId"] = sourceId,
        ["customerId"] = customerId,
        ["purchasedAt"] = "2026-05-04T10:15:00+07:00",
        ["currency"] = "IDR",
        ["lines"] = new[] { Line("RICE-5", 2, 75000, discount: 5000), Line("TEA", 1.5m, 12500) },
    };

    public static Dictionary<string, object?> Line(string sku, decimal quantity, decimal unitPrice, decimal discount = 0) => new()
    {
        ["sku"] = sku,
        ["quantity"] = quantity,
        ["unitPrice"] = unitPrice,
        ["discount"] = discount,
    };

    public async Task<JsonElement> RecordAsync(Dictionary<string, object?> purchase) => await Seller().PostAsync(Purchases, purchase).OkJsonAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _customerServer.DisposeAsync();
    }

    /// <summary>Customer's process is gone, not just unwilling.</summary>
    public async Task StopCustomerAsync() => await _customerServer.DisposeAsync();

    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        settings["services:customer:grpc:0"] = _customerServer.Address;
        return Task.CompletedTask;
    }
}
