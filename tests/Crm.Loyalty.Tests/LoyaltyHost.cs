using System.Text.Json;
using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Grpc.Core;

namespace Crm.Loyalty.Tests;

/// <summary>Loyalty with a customer service that knows the customers in <see cref="Customers"/>, and a bus to tell it of purchases.</summary>
public sealed class LoyaltyHost() : ServiceHost<Program>("loyalty")
{
    public const string Api = "/api/loyalty/v1";
    public static readonly DateTimeOffset Joined = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly Ids Ids = new(TimeProvider.System);
    private StubGrpcServer _customers = null!;

    public CustomerDirectory Customers { get; } = new();

    public BusProbe Bus { get; private set; } = null!;

    public HttpClient Operator() => ClientFor(Roles.LoyaltyOperator);

    public async Task<(Guid MemberId, Guid CustomerId)> EnrolAsync()
    {
        var customerId = Customers.Add();
        var member = await Operator().PostAsync($"{Api}/members", new { customerId, enrolledAt = Joined }).OkJsonAsync();
        return (member.GetProperty("id").GetGuid(), customerId);
    }

    public Task PublishAsync(params RecordedPurchase[] purchases) => Bus.PublishAsync(new PurchasesRecorded(Ids.Next(), Joined, purchases), Ids.Next());

    public Task PublishAsync(PurchaseReturned returned) => Bus.PublishAsync(returned, Ids.Next());

    /// <summary>A purchase in rupiah, in the middle of 2026 unless told.</summary>
    public static RecordedPurchase Purchase(Guid customerId, decimal[] lines, string currency = "IDR", DateTimeOffset? at = null) => new(
        Ids.Next(), customerId, "shop", Ids.Next().ToString(), at ?? Joined.AddDays(180), currency, lines.Sum(),
        [.. lines.Select((net, index) => new RecordedLine(index + 1, $"SKU-{index}", "Kopi", "Minuman", 1, net, 0, 0, net, null, null))]);

    public static PurchaseReturned Return(RecordedPurchase purchase, int line, decimal amount, decimal totalAfter) => new(
        Ids.Next(), Joined, Ids.Next(), purchase.PurchaseId, purchase.CustomerId, purchase.Source, purchase.SourceId, purchase.PurchasedAt.AddDays(7),
        purchase.Currency, amount, totalAfter, [new ReturnedLine(line, $"SKU-{line - 1}", 1, amount, "defect")]);

    public async Task<(long Available, long Debt, long Lifetime)> BalanceAsync(Guid memberId)
    {
        var balance = await Operator().GetAsync($"{Api}/members/{memberId}/balance").OkJsonAsync();
        return (balance.GetProperty("available").GetInt64(), balance.GetProperty("debt").GetInt64(), balance.GetProperty("lifetimePoints").GetInt64());
    }

    public Task BalanceBecomesAsync(Guid memberId, long available, long debt, long lifetime) =>
        Eventually.Holds(async () => Assert.Equal((available, debt, lifetime), await BalanceAsync(memberId)));

    public async Task<List<JsonElement>> LedgerAsync(Guid memberId) =>
        [.. (await Operator().GetAsync($"{Api}/members/{memberId}/ledger?limit=200").OkJsonAsync()).GetProperty("items").EnumerateArray()];

    public Task<HttpResponseMessage> RedeemAsync(Guid memberId, object body) => Operator().PostAsync($"{Api}/members/{memberId}/redemptions", body);

    /// <summary>Recomputes the whole ledger: it must be sound after every test.</summary>
    public async Task AssertSoundAsync()
    {
        var verified = await ClientFor(Roles.LoyaltyManager).GetAsync($"{Api}/ledger-verification").OkJsonAsync();
        Assert.True(verified.GetProperty("members").GetInt64() > 0);
        Assert.Equal(
            (0, 0, 0),
            (verified.GetProperty("mismatches").GetInt64(), verified.GetProperty("unbalancedJournals").GetInt64(), verified.GetProperty("lotMismatches").GetInt64()));
    }

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Bus = await BusProbe.StartAsync(Servers.RabbitMq, typeof(Contracts.Events.V1.MembersEnrolled), typeof(Contracts.Events.V1.PointsPosted), typeof(Contracts.Events.V1.PosMessagesShown));
    }

    public override async Task DisposeAsync()
    {
        await Bus.DisposeAsync();
        await base.DisposeAsync();
        await _customers.DisposeAsync();
    }

    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        _customers = await StubGrpcServer.StartAsync(Customers);
        settings["services:customer:grpc:0"] = _customers.Address;
    }
}

/// <summary>Customer's own rpc, over a list that tests fill.</summary>
public sealed class CustomerDirectory : CustomerReads.CustomerReadsBase
{
    private readonly HashSet<string> _known = [];

    public Guid Add()
    {
        var id = LoyaltyHost.Ids.Next();
        lock (_known) _known.Add(id.ToString());
        return id;
    }

    public override Task<ResolveCustomersResponse> ResolveCustomers(ResolveCustomersRequest request, ServerCallContext context)
    {
        lock (_known)
        {
            return Task.FromResult(new ResolveCustomersResponse { CustomerIds = { request.References.Select(reference => _known.Contains(reference.CustomerId) ? reference.CustomerId : "") } });
        }
    }
}
