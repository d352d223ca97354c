using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features.Identity;

public sealed class DuplicateTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Duplicates = "/api/customer/v1/duplicates";
    private static int _phones;

    [Fact]
    public async Task Before_entry_the_same_person_in_another_spelling_is_named_with_reasons()
    {
        var (phone, known) = await KnownAsync("Moh. Soekardi");
        var answer = await host.Rep().PostAsync($"{Customers}/duplicate-checks", new { displayName = "Muhammad Sukardi, S.E.", phone, birthDate = "1988-03-07" }).OkJsonAsync();

        Assert.False(answer.GetProperty("exact").GetBoolean());
        var candidate = Assert.Single(answer.GetProperty("candidates").EnumerateArray());
        Assert.Equal((known, "match"), (candidate.GetProperty("customerId").GetGuid(), candidate.GetProperty("verdict").GetString()));
        Assert.Contains(candidate.GetProperty("reasons").EnumerateArray(), reason => reason.GetProperty("field").GetString() == "phone" && reason.GetProperty("weight").GetDouble() > 10);
        Assert.Empty((await host.Rep().PostAsync($"{Customers}/duplicate-checks", new { displayName = "Zzyzx Qwortle" }).OkJsonAsync()).GetProperty("candidates").EnumerateArray());
    }

    [Fact]
    public async Task The_same_form_twice_is_refused_unless_it_is_meant()
    {
        var phone = Phone();
        var form = new { displayName = "Rini Wulandari", phone, email = Unique("rini") + "@gmail.com" };
        await host.RegisterAsync(form);
        Assert.Equal((409, "customer.duplicate", "displayName"), await host.Rep().PostAsync(Customers, form).ProblemAsync());
        Assert.NotEqual(Guid.Empty, (await host.Rep().PostAsync(Customers + "?allowDuplicate=true", form).OkJsonAsync()).GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task Who_comes_in_is_compared_and_a_rejection_is_remembered_by_the_next_scan()
    {
        var (phone, known) = await KnownAsync("Tjahja Poernama");
        var twin = await host.RegisterIdAsync(new { displayName = "Cahya Purnama", phone, birthDate = "1988-03-07" });
        var pair = await Eventually.Answers(async () => (await PairsAsync(twin)) is [var only] ? new Holder(only) : null);
        Assert.Equal(new[] { known, twin }.Order(), new[] { pair.Value.GetProperty("oneId").GetGuid(), pair.Value.GetProperty("otherId").GetGuid() }.Order());

        await host.Rep().PostAsync($"{Duplicates}/{pair.Value.GetProperty("id").GetGuid()}/rejection", new { }).OkJsonAsync();
        Assert.Empty(await PairsAsync(twin));
        await ScanAsync();
        Assert.Empty(await PairsAsync(twin));
    }

    [Fact]
    public async Task A_scan_of_the_base_finds_what_edits_brought_together_and_tells_its_progress()
    {
        var (phone, known) = await KnownAsync("Siti Noerhaliza");
        var other = await host.RegisterIdAsync(new { displayName = "Siti Nurhaliza", birthDate = "1988-03-07" });
        await host.Rep().PutAsync($"{Customers}/{other}", new { displayName = "Siti Nurhaliza", birthDate = "1988-03-07", phone }, 1).OkJsonAsync();
        var scan = await ScanAsync();

        Assert.Equal(scan.GetProperty("total").GetInt64(), scan.GetProperty("customers").GetInt64());
        Assert.True(scan.GetProperty("compared").GetInt64() >= 1);
        Assert.Contains(await PairsAsync(known), pair => new[] { pair.GetProperty("oneId").GetGuid(), pair.GetProperty("otherId").GetGuid() }.Contains(other));
    }

    [Fact]
    public async Task Unknown_pairs_and_scans_are_not_found()
    {
        Assert.Equal((404, "customer.duplicate_not_found", null), await host.Rep().PostAsync($"{Duplicates}/{NewId()}/rejection", new { }).ProblemAsync());
        Assert.Equal((404, "customer.scan_not_found", null), await host.Rep().GetAsync($"/api/customer/v1/duplicate-scans/{NewId()}").ProblemAsync());
        Assert.Equal(403, (int)(await host.Rep().PostAsync("/api/customer/v1/duplicate-scans", new { })).StatusCode);
    }

    private async Task<JsonElement> ScanAsync()
    {
        JsonElement scan = default;
        await Eventually.Holds(async () => scan = await host.ClientFor(Roles.Ops).PostAsync("/api/customer/v1/duplicate-scans", new { }).OkJsonAsync());
        await Eventually.Holds(async () =>
        {
            scan = await host.GetAsync($"/api/customer/v1/duplicate-scans/{scan.GetProperty("id").GetGuid()}");
            Assert.Equal("done", scan.GetProperty("phase").GetString());
        });
        return scan;
    }

    private async Task<(string Phone, Guid Id)> KnownAsync(string displayName)
    {
        var phone = Phone();
        return (phone, await host.RegisterIdAsync(new { displayName, phone, birthDate = "1988-03-07" }));
    }

    private async Task<JsonElement[]> PairsAsync(Guid customer) =>
        [.. (await host.Rep().GetAsync($"{Duplicates}?customerId={customer}").OkJsonAsync()).GetProperty("items").EnumerateArray()];

    // Far enough apart not to be slips of each other.
    private static string Phone() => $"+62812{1_000_000 + (Interlocked.Increment(ref _phones) * 1_111_13):0000000}";

    private sealed record Holder(JsonElement Value);
}
