using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Crm.Probe;

/// <summary>
/// One synthetic customer's way through all services, compared at each step with what must be there: change the record, buy, earn, open a
/// case, see it all on one page; then give everything back. The customer is the same one for ever (tag <c>synthetic</c>, no consent, no
/// address: no campaign reaches it), the purchase is returned in full and with it the points, the case is closed.
/// </summary>
internal sealed class Journey(PlatformApi api, ProbeOptions options, TimeProvider time)
{
    public const string Source = "crm-probe";
    private const string Sku = "CRM-PROBE";
    private const int Price = 100_000;
    private const int Points = 10; // one for IDR 10,000
    private readonly string _run = time.GetUtcNow().ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Seconds of each step that was done.</summary>
    public List<(string Step, double Seconds)> Steps { get; } = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Timed("sign-in", () => api.SignInAsync(cancellationToken));
        var customer = await Timed("customer", () => ChangeCustomerAsync(cancellationToken));
        var member = await Timed("member", () => MemberAsync(customer, cancellationToken));
        var before = await BalanceAsync(member, cancellationToken);
        var purchase = await Timed("purchase", () => PurchaseAsync(customer, cancellationToken));
        string? openCase = null;
        try
        {
            await Timed("points", () => Soon(async () => Same("points", before + Points, await BalanceAsync(member, cancellationToken)), cancellationToken));
            openCase = await Timed("case", () => OpenCaseAsync(customer, cancellationToken));
            await Timed("whole-customer", () => Soon(() => WholeCustomerAsync(customer, before + Points, openCase, cancellationToken), cancellationToken));
            await Timed("timeline", () => Soon(() => TimelineAsync(customer, cancellationToken), cancellationToken));
        }
        finally
        {
            // Also after a failure: what was bought goes back, what was opened is closed.
            await Timed("clean-up", () => CleanUpAsync(purchase, openCase, cancellationToken));
        }

        await Timed("points-back", () => Soon(async () => Same("points after the return", before, await BalanceAsync(member, cancellationToken)), cancellationToken));
    }

    private async Task<string> ChangeCustomerAsync(CancellationToken cancellationToken)
    {
        var name = $"Crm probe {options.Name}";
        var found = (await api.GetAsync($"/api/customer/v1/customers?q={Uri.EscapeDataString(name)}&limit=50", cancellationToken)).GetProperty("items").EnumerateArray()
            .FirstOrDefault(item => item.GetProperty("displayName").GetString() == name && item.GetProperty("tags").EnumerateArray().Any(tag => tag.GetString() == "synthetic"));
        var tags = new[] { "synthetic", "run-" + _run.ToLowerInvariant() };
        if (found.ValueKind == JsonValueKind.Undefined)
        {
            found = await api.PostAsync("/api/customer/v1/customers", new { displayName = name, tags = new[] { "synthetic" }, source = Source, sourceId = options.Name }, cancellationToken);
        }

        var id = found.GetProperty("id").GetString()!;
        var path = "/api/customer/v1/customers/" + id;
        var seen = await api.GetAsync(path, cancellationToken);
        await api.PutAsync(path, new { displayName = name, tags }, seen.GetProperty("version").GetInt64(), cancellationToken);
        var after = await api.GetAsync(path, cancellationToken);
        Same("tags", string.Join(' ', tags.Order(StringComparer.Ordinal)), string.Join(' ', after.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()).Order(StringComparer.Ordinal)));
        return id;
    }

    private async Task<string> MemberAsync(string customer, CancellationToken cancellationToken)
    {
        var path = "/api/loyalty/v1/members/by-customer/" + customer;
        if (await api.FindAsync(path, cancellationToken) is not { } member)
        {
            await api.PostAsync("/api/loyalty/v1/members", new { customerId = customer }, cancellationToken);
            member = await api.GetAsync(path, cancellationToken);
        }

        return member.GetProperty("id").GetString()!;
    }

    private async Task<long> BalanceAsync(string member, CancellationToken cancellationToken)
    {
        var balance = await api.GetAsync($"/api/loyalty/v1/members/{member}/balance", cancellationToken);
        return balance.GetProperty("available").GetInt64() - balance.GetProperty("debt").GetInt64();
    }

    private async Task<string> PurchaseAsync(string customer, CancellationToken cancellationToken)
    {
        await api.PostAsync("/api/sales/v1/products/batch", new { products = new[] { new { sku = Sku, name = "Probe", category = "synthetic", price = Price, currency = "IDR", cost = Price, active = false } } }, cancellationToken);
        var made = await api.PostAsync(
            "/api/sales/v1/purchases",
            new { source = Source, sourceId = $"{options.Name}-{_run}", purchasedAt = time.GetUtcNow(), currency = "IDR", customerId = customer, lines = new[] { new { sku = Sku, quantity = 1, unitPrice = Price } } },
            cancellationToken);
        var id = made.GetProperty("id").GetString()!;
        Same("total of the purchase", Price, (await api.GetAsync("/api/sales/v1/purchases/" + id, cancellationToken)).GetProperty("total").GetDecimal());
        return id;
    }

    private async Task<string> OpenCaseAsync(string customer, CancellationToken cancellationToken)
    {
        var opened = await api.PostAsync("/api/service/v1/cases", new { customerId = customer, subject = $"Probe {_run}", type = "question", priority = "low", channel = "web" }, cancellationToken);
        var id = opened.GetProperty("id").GetString()!;
        Same("subject of the case", $"Probe {_run}", (await CaseAsync(id, cancellationToken)).GetProperty("subject").GetString());
        return id;
    }

    private async Task WholeCustomerAsync(string customer, long points, string openCase, CancellationToken cancellationToken)
    {
        var view = await api.GetAsync("/api/customer360/v1/customers/" + customer, cancellationToken);
        Same("parts that do not answer", "", string.Join(' ', view.GetProperty("unavailable").EnumerateArray()));
        Same("points on the customer's page", points, view.GetProperty("loyalty").GetProperty("availablePoints").GetInt64());
        if (view.GetProperty("purchases").GetProperty("count").GetInt64() < 1) throw new ProbeException("The customer's page shows no purchase.");
        if (!view.GetProperty("cases").GetProperty("cases").ToString().Contains(openCase, StringComparison.OrdinalIgnoreCase)) throw new ProbeException("The customer's page does not show the case.");
    }

    /// <summary>Sales, loyalty and service have each told Customer by their events.</summary>
    private async Task TimelineAsync(string customer, CancellationToken cancellationToken)
    {
        var entries = (await api.GetAsync($"/api/customer/v1/customers/{customer}/timeline?limit=50", cancellationToken)).GetProperty("items").EnumerateArray().ToList();
        var start = time.GetUtcNow() - TimeSpan.FromMinutes(5);
        var sources = entries.Where(entry => entry.GetProperty("occurredAt").GetDateTimeOffset() > start).Select(entry => entry.GetProperty("sourceService").GetString()).ToHashSet();
        foreach (var service in new[] { "sales", "loyalty", "service" })
        {
            if (!sources.Contains(service)) throw new ProbeException($"The timeline shows nothing of {service} in the last five minutes.");
        }
    }

    private async Task CleanUpAsync(string purchase, string? openCase, CancellationToken cancellationToken)
    {
        var returned = await api.PostAsync($"/api/sales/v1/purchases/{purchase}/returns", new { lines = new[] { new { line = 1, quantity = 1, reason = "synthetic" } } }, cancellationToken);
        Same("what is left of the purchase", 0, returned.GetProperty("purchaseTotalAfter").GetDecimal());
        if (openCase is null) return;
        var seen = await CaseAsync(openCase, cancellationToken);
        await api.PostAsync($"/api/service/v1/cases/{openCase}/resolution", new { resolution = "Synthetic; nothing to do." }, cancellationToken, seen.GetProperty("version").GetInt64());
    }

    private async Task<JsonElement> CaseAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync("/api/service/v1/cases/" + id, cancellationToken);
        return answer.TryGetProperty("case", out var inner) ? inner : answer;
    }

    /// <summary>What events bring may take a moment.</summary>
    private async Task Soon(Func<Task> check, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await check();
                return;
            }
            catch (ProbeException) when (time.GetElapsedTime(started) < options.Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellationToken);
            }
        }
    }

    private async Task<T> Timed<T>(string step, Func<Task<T>> work)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            var result = await work();
            Steps.Add((step, watch.Elapsed.TotalSeconds));
            return result;
        }
        catch (Exception exception) when (exception is not ProbeException { Message: [.., ')'] })
        {
            throw new ProbeException($"{exception.Message} (step {step})");
        }
    }

    private Task<bool> Timed(string step, Func<Task> work) => Timed(step, async () =>
    {
        await work();
        return true;
    });

    private static void Same<T>(string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new ProbeException($"{what}: {expected} expected, {actual} found");
    }
}
