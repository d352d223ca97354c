using System.Globalization;
using System.Text.Json;
using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Crm.Testing.Faults;

/// <summary>
/// The mix of a working day: registrations, enrolments, purchases one by one and by the stream, returns, cases, consents, redemptions,
/// and some requests that must be refused. Random, but the same for the same seed as far as each worker's choices go.
/// </summary>
public sealed class Workload(StubbornClient client, Platform platform, int seed)
{
    /// <summary>Source of all purchases and imported customers.</summary>
    public const string Source = "soak";

    public const string MailDomain = "soak.example";
    private const string Currency = "IDR";
    private const int Products = 20;
    private readonly Lock _gate = new();
    private readonly List<Buyer> _buyers = [];
    private readonly List<Bought> _bought = [];

    /// <summary>Products and the first customers, before anything breaks.</summary>
    public async Task PrepareAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(platform.Gateway) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", await platform.TokenAsync("seed"));
        await http.PostAsync("/api/sales/v1/products/batch", new
        {
            products = Enumerable.Range(0, Products).Select(i => new { sku = Sku(i), name = $"Product {i}", category = "Soak", price = 10_000 * (i + 1), currency = Currency }),
        }).OkJsonAsync();
        var random = new Random(seed);
        for (var i = 0; i < 10; i++) await RegisterAsync(new Dice(random, $"p{i}"), member: i % 2 == 0);
        if (_buyers.Count < 10) throw new InvalidOperationException("The platform does not register customers; nothing can be tried on it.");
    }

    /// <summary>One worker: an operation, then a pause to the next beat, until stopped. The last operation is brought to its end.</summary>
    public async Task WorkAsync(int worker, TimeSpan beat, CancellationToken stopping)
    {
        var random = new Random(HashCode(worker));
        for (var n = 0; !stopping.IsCancellationRequested; n++)
        {
            var next = Task.Delay(beat, stopping);
            await OperateAsync(new Dice(random, string.Create(CultureInfo.InvariantCulture, $"w{worker}-{n}")));
            await next.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task OperateAsync(Dice dice) => dice.Next(100) switch
    {
        < 6 => RegisterAsync(dice, member: dice.Next(10) < 6),
        < 8 => ImportAsync(dice),
        < 50 => BuyAsync(dice),
        < 54 => IngestAsync(dice),
        < 66 => ReturnAsync(dice),
        < 76 => OpenCaseAsync(dice),
        < 88 => ConsentAsync(dice),
        < 95 => RedeemAsync(dice),
        < 98 => BuyTheUnknownAsync(dice),
        _ => RegisterWithoutNameAsync(dice),
    };

    private async Task RegisterAsync(Dice dice, bool member)
    {
        // No source: only the idempotency key keeps a repetition from being a second customer.
        var key = "c-" + dice.Key;
        var registered = await client.PostAsync(Effect.Registration, "/api/customer/v1/customers", key, new
        {
            displayName = "Soak " + dice.Key,
            email = $"{key}@{MailDomain}",
            consents = new[] { new { channel = "email", purpose = "marketing", granted = dice.Next(2) == 0, noticeVersion = "form" } },
        }, dice.Twice);
        if (registered is not { } customer) return;

        var id = customer.GetProperty("id").GetGuid();
        Guid? memberId = null;
        if (member)
        {
            // Who is to be a member is enrolled before the first purchase, so which purchases earn is known for certain.
            var enrolled = await client.PostAsync(Effect.Enrolment, "/api/loyalty/v1/members", id.ToString(), new { customerId = id }, dice.Twice);
            if (enrolled is not { } answer) return;
            memberId = answer.GetProperty("id").GetGuid();
        }

        lock (_gate) _buyers.Add(new Buyer(id, null, memberId));
    }

    private async Task ImportAsync(Dice dice)
    {
        var keys = Enumerable.Range(0, 10).Select(i => string.Create(CultureInfo.InvariantCulture, $"i-{dice.Key}-{i}")).ToArray();
        if (!await client.ImportAsync([.. keys.Select(key => new ImportedCustomer { Source = Source, SourceId = key, DisplayName = "Soak " + key, Language = "id", MarketingConsents = { "email" } })])) return;
        lock (_gate) _buyers.AddRange(keys.Select(key => new Buyer(null, key, null)));
    }

    private async Task BuyAsync(Dice dice)
    {
        var (buyer, key) = (AnyBuyer(dice), "r-" + dice.Key);
        var lines = Lines(dice);
        var recorded = await client.PostAsync(Effect.Purchase, "/api/sales/v1/purchases", key, new
        {
            source = Source,
            sourceId = key,
            purchasedAt = TimeProvider.System.GetUtcNow(),
            currency = Currency,
            customerId = buyer.Id,
            customerSource = buyer.Id is null ? Source : null,
            customerSourceId = buyer.SourceId,
            lines = lines.Select(line => new { sku = line.Sku, quantity = line.Quantity, unitPrice = line.UnitPrice }),
        }, dice.Twice);
        if (recorded is { } purchase) lock (_gate) _bought.Add(new Bought(purchase.GetProperty("id").GetGuid(), lines[0].Quantity));
    }

    private Task<bool> IngestAsync(Dice dice)
    {
        var now = TimeProvider.System.GetUtcNow();
        return client.IngestAsync([.. Enumerable.Range(0, 25).Select(i =>
        {
            var buyer = AnyBuyer(dice);
            return new PurchaseRecord
            {
                Source = Source,
                SourceId = string.Create(CultureInfo.InvariantCulture, $"s-{dice.Key}-{i}"),
                CustomerId = buyer.Id?.ToString() ?? "",
                CustomerSource = buyer.Id is null ? Source : "",
                CustomerSourceId = buyer.SourceId ?? "",
                // Of members only what they buy from now on earns; others bring a history.
                PurchasedAt = Timestamp.FromDateTimeOffset(buyer.MemberId is null ? now.AddDays(-dice.Next(300)) : now),
                Currency = Currency,
                Lines = { Lines(dice).Select(line => new PurchaseLine { Sku = line.Sku, QuantityMilli = line.Quantity * 1000, UnitPrice = new Money { Currency = Currency, Units = line.UnitPrice } }) },
            };
        })]);
    }

    private async Task ReturnAsync(Dice dice)
    {
        Bought bought;
        lock (_gate)
        {
            if (_bought.Count == 0) return;
            var index = dice.Next(_bought.Count);
            bought = _bought[index];
            _bought.RemoveAt(index);
        }

        var key = "b-" + dice.Key;
        var returned = await client.PostAsync(Effect.Return, $"/api/sales/v1/purchases/{bought.Id}/returns", key, new { lines = new[] { new { line = 1, quantity = 1, reason = key } } }, dice.Twice);
        // Some of the first line stays, so that a return that is carried out twice has something to take.
        if (returned is not null && bought.Left > 2) lock (_gate) _bought.Add(bought with { Left = bought.Left - 1 });
    }

    private Task<JsonElement?> OpenCaseAsync(Dice dice) => client.PostAsync(
        Effect.Case, "/api/service/v1/cases", "k-" + dice.Key, new { customerId = AnyKnownById(dice).Id, subject = "k-" + dice.Key, type = "question", channel = "phone" }, dice.Twice);

    private Task<JsonElement?> ConsentAsync(Dice dice) => client.PostAsync(
        Effect.Consent, $"/api/customer/v1/customers/{AnyKnownById(dice).Id}/consents", "n-" + dice.Key,
        new { channel = "email", purpose = "marketing", granted = dice.Next(2) == 0, noticeVersion = "n-" + dice.Key }, dice.Twice);

    private async Task RedeemAsync(Dice dice)
    {
        if (AnyBuyer(dice, buyer => buyer.MemberId is not null) is not { } member) return;
        var key = "x-" + dice.Key;
        await client.PostAsync(Effect.Redemption, $"/api/loyalty/v1/members/{member.MemberId}/redemptions", key, new { points = 1 + dice.Next(5), source = Source, sourceId = key }, dice.Twice);
    }

    private Task<JsonElement?> BuyTheUnknownAsync(Dice dice) => client.PostAsync(Effect.Purchase, "/api/sales/v1/purchases", "u-" + dice.Key, new
    {
        source = Source,
        sourceId = "u-" + dice.Key,
        purchasedAt = TimeProvider.System.GetUtcNow(),
        currency = Currency,
        customerId = AnyKnownById(dice).Id,
        lines = new[] { new { sku = "NO-SUCH", quantity = 1, unitPrice = 1000 } },
    });

    private Task<JsonElement?> RegisterWithoutNameAsync(Dice dice) => client.PostAsync(
        Effect.Registration, "/api/customer/v1/customers", "z-" + dice.Key, new { displayName = "", email = $"z-{dice.Key}@{MailDomain}" });

    private static List<(string Sku, int Quantity, int UnitPrice)> Lines(Dice dice) =>
        [.. Enumerable.Range(0, 1 + dice.Next(3)).Select(_ => (Sku(dice.Next(Products)), 3 + dice.Next(4), 1_000 * (1 + dice.Next(100))))];

    private Buyer AnyBuyer(Dice dice) => AnyBuyer(dice, _ => true)!;

    private Buyer AnyKnownById(Dice dice) => AnyBuyer(dice, buyer => buyer.Id is not null)!;

    private Buyer? AnyBuyer(Dice dice, Func<Buyer, bool> fits)
    {
        lock (_gate)
        {
            var start = dice.Next(_buyers.Count);
            for (var i = 0; i < _buyers.Count; i++)
            {
                if (fits(_buyers[(start + i) % _buyers.Count])) return _buyers[(start + i) % _buyers.Count];
            }

            return null;
        }
    }

    private static string Sku(int i) => string.Create(CultureInfo.InvariantCulture, $"SOAK-{i}");

    private int HashCode(int worker) => unchecked((seed * 397) ^ worker);

    private sealed record Buyer(Guid? Id, string? SourceId, Guid? MemberId);

    private sealed record Bought(Guid Id, int Left);

    /// <summary>The choices of one operation, and the key that it is known by.</summary>
    private sealed class Dice(Random random, string key)
    {
        public string Key => key;

        public bool Twice => random.Next(20) == 0;

        public int Next(int below) => random.Next(below);
    }
}
