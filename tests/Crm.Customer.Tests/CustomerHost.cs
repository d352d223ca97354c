using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Npgsql;

namespace Crm.Customer.Tests;

/// <summary>The service with its database and broker, and another service's ear on the bus.</summary>
public sealed class CustomerHost() : ServiceHost<Program>("customer")
{
    public const string Customers = "/api/customer/v1/customers";
    private static readonly Ids Ids = new(TimeProvider.System);

    private readonly string _keysName = "customer_keys_" + Ids.Next().ToString("N")[16..];
    private StubGrpcServer _holders = null!;

    /// <summary>The database of the keys of single persons.</summary>
    public string Keys { get; private set; } = "";

    public BusProbe Bus { get; private set; } = null!;

    /// <summary>Where the service's mails lie.</summary>
    public DirectoryInfo Mail { get; } = Directory.CreateTempSubdirectory("crm-mail-");

    /// <summary>The five other services, as far as they are asked what they hold about a person.</summary>
    public SubjectDataStub Holders { get; } = new();

    public static Guid NewId() => Ids.Next();

    /// <summary>A name or key that no other test uses.</summary>
    public static string Unique(string prefix) => prefix + "-" + Ids.Next().ToString("N")[20..];

    public static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        await ExecuteAsync($"CREATE DATABASE \"{_keysName}\"");
        settings["Smtp:PickupDirectory"] = Mail.FullName;
        settings["Webhooks:AllowPrivateAddresses"] = "true";
        settings["Webhooks:FirstRetry"] = "00:00:00.1";
        settings["Webhooks:MaxAttempts"] = "3";
        foreach (var service in SubjectDataStub.Services) settings[$"services:{service}:grpc:0"] = _holders.Address;
        settings["ConnectionStrings:subject-keys"] = Keys = new NpgsqlConnectionStringBuilder(Servers.Postgres) { Database = _keysName }.ConnectionString;
        settings["Privacy:LinkKey"] = Convert.ToBase64String(Enumerable.Range(1, 32).Select(number => (byte)number).ToArray());
    }

    public override async Task InitializeAsync()
    {
        _holders = await StubGrpcServer.StartAsync(Holders);
        await base.InitializeAsync();
        Bus = await BusProbe.StartAsync(Servers.RabbitMq, typeof(CustomersRegistered), typeof(CustomersChanged), typeof(ConsentChanged), typeof(CustomerMerged), typeof(CustomerUnmerged), typeof(ErasureRequested));
    }

    public override async Task DisposeAsync()
    {
        await Bus.DisposeAsync();
        await ExecuteAsync($"DROP DATABASE \"{_keysName}\" WITH (FORCE)");
        await base.DisposeAsync();
        await _holders.DisposeAsync();
        Mail.Delete(recursive: true);
    }

    private static async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create((await SharedServers.GetAsync()).Postgres);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public HttpClient Rep() => ClientFor(Roles.SalesRep);

    public Task<JsonElement> RegisterAsync(object body) => Rep().PostAsync(Customers, body).OkJsonAsync();

    public async Task<Guid> RegisterIdAsync(object body) => (await RegisterAsync(body)).GetProperty("id").GetGuid();

    public Task<JsonElement> GetAsync(string path) => ClientFor(Roles.Viewer).GetAsync(path).OkJsonAsync();

    public async Task<List<JsonElement>> TimelineAsync(Guid id) =>
        [.. (await GetAsync($"{Customers}/{id}/timeline?limit=200")).GetProperty("items").EnumerateArray()];

    public IReadOnlyList<CustomerSnapshot> Snapshots(Guid id) =>
    [
        .. Bus.Seen<CustomersRegistered>().SelectMany(message => message.Customers)
            .Concat(Bus.Seen<CustomersChanged>().SelectMany(message => message.Customers))
            .Where(customer => customer.CustomerId == id).OrderBy(customer => customer.Version),
    ];

    public static PurchasesRecorded Purchases(DateTimeOffset at, params Guid[] customers) => new(
        NewId(), at,
        [.. customers.Select(customer => new RecordedPurchase(
            NewId(), customer, "shop", Unique("p"), at, "IDR", 150_000m,
            [new RecordedLine(1, "SKU-1", "Kopi", "Coffee", 2, 75_000m, 0, 0, 150_000m, null, null)]))]);
}
