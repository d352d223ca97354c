using System.Net;
using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features.Identity;

public sealed class MergeTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Merges = "/api/customer/v1/customer-merges";

    [Fact]
    public async Task A_merge_takes_what_the_plan_says_and_undoing_it_gives_back_all_but_the_edits_made_since()
    {
        var survivor = await host.RegisterIdAsync(new { displayName = "Moh. Rizki", email = "old@example.com", tags = new[] { "vip" } });
        var absorbed = await host.RegisterIdAsync(new { displayName = "Muhammad Rizky", email = "new@example.com", phone = "081299990001", birthDate = "1988-03-07", tags = new[] { "shop" } });
        await host.Rep().PostAsync($"{Customers}/{absorbed}/notes", new { text = "Of the absorbed" }).OkJsonAsync();

        var merge = await MergeAsync(survivor, absorbed, new { email = "absorbed" });
        var merged = await host.GetAsync($"{Customers}/{survivor}");
        Assert.Equal(
            ("Moh. Rizki", "new@example.com", "+6281299990001", "1988-03-07"),
            (Text(merged, "displayName"), Text(merged, "email"), Text(merged, "phone"), Text(merged, "birthDate")));
        Assert.Equal(["shop", "vip"], merged.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Contains(await host.TimelineAsync(survivor), entry => Text(entry, "kind") == "note.added");

        // Edited since: the phone. Everything else goes back.
        await host.Rep().PutAsync($"{Customers}/{survivor}", new { displayName = "Moh. Rizki", email = "new@example.com", phone = "081299990002", birthDate = "1988-03-07", tags = new[] { "shop", "vip" } }, 2).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{survivor}/notes", new { text = "Since" }).OkJsonAsync();
        var undone = await host.Rep().PostAsync($"{Merges}/{merge}/undo", new { }).OkJsonAsync();

        Assert.Equal(["phone"], undone.GetProperty("keptEdits").EnumerateArray().Select(field => field.GetString()));
        var after = await host.GetAsync($"{Customers}/{survivor}");
        Assert.Equal(("old@example.com", "+6281299990002", (string?)null), (Text(after, "email"), Text(after, "phone"), Text(after, "birthDate")));
        Assert.Equal(["vip"], after.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        var restored = await host.GetAsync($"{Customers}/{absorbed}");
        Assert.Equal(("Muhammad Rizky", "new@example.com"), (Text(restored, "displayName"), Text(restored, "email")));
        Assert.Equal(["Of the absorbed"], Notes(await host.TimelineAsync(absorbed)));
        Assert.Equal(["Since"], Notes(await host.TimelineAsync(survivor)));
        await Eventually.Holds(() =>
        {
            Assert.Equal((survivor, absorbed), Assert.Single(host.Bus.Seen<CustomerMerged>().Where(message => message.MergeId == merge).Select(message => (message.SurvivorId, message.AbsorbedId))));
            Assert.Single(host.Bus.Seen<CustomerUnmerged>(), message => message.MergeId == merge);
            Assert.Equal("new@example.com", host.Snapshots(absorbed)[^1].Email);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task What_is_written_under_the_old_id_is_recorded_changed_and_removed_at_the_survivor()
    {
        var (survivor, absorbed) = (await RegisterAsync("Now"), await RegisterAsync("Before"));
        await MergeAsync(survivor, absorbed);
        var (rep, old) = (host.Rep(), $"{Customers}/{absorbed}");
        var point = await rep.PostAsync($"{old}/contact-points", new { kind = "email", value = Unique("p") + "@example.com" }).OkJsonAsync();
        var asset = await rep.PostAsync($"{old}/assets", new { productCode = "KTL", productName = "Ketel", status = "owned" }).OkJsonAsync();
        await rep.PostAsync($"{old}/agreements", new { title = "Agreed", tasks = new[] { new { unit = "store", title = "Call" } } }).OkJsonAsync();
        var activity = await rep.PostAsync($"{old}/activities", new { kind = "call", status = "planned", subject = "Call", startsAt = "2027-01-01T00:00:00Z" }).OkJsonAsync();

        Assert.True((await PutAsync($"{old}/contact-points/{Id(point)}", new { label = "Office", isVerified = true, isBounced = false, isPrimary = false }, point)).GetProperty("verifiedAt").ValueKind != JsonValueKind.Null);
        Assert.Equal("disposed", Text(await PutAsync($"{old}/assets/{Id(asset)}", new { productCode = "KTL", productName = "Ketel", status = "disposed" }, asset), "status"));
        Assert.Equal("held", Text(await PutAsync($"{old}/activities/{Id(activity)}/status", new { status = "held" }, activity), "status"));
        Assert.Contains((await host.GetAsync($"{Customers}/{survivor}/contact-points")).EnumerateArray(), row => Text(row, "label") == "Office");
        Assert.Single((await host.GetAsync($"{Customers}/{survivor}/agreements")).GetProperty("items").EnumerateArray());
        Assert.Equal(204, (int)(await rep.DeleteAsync($"{old}/contact-points/{Id(point)}")).StatusCode);
        Assert.DoesNotContain((await host.GetAsync($"{Customers}/{survivor}/contact-points")).EnumerateArray(), row => Text(row, "label") == "Office");

        async Task<JsonElement> PutAsync(string path, object body, JsonElement before)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = System.Net.Http.Json.JsonContent.Create(body) };
            request.Headers.TryAddWithoutValidation("If-Match", $"\"{before.GetProperty("version").GetInt64()}\"");
            return await rep.SendAsync(request).OkJsonAsync();
        }

        static Guid Id(JsonElement row) => row.GetProperty("id").GetGuid();
    }

    [Fact]
    public async Task The_old_id_answers_with_the_survivor_and_says_so_through_a_chain()
    {
        var name = Unique("A");
        var (a, b, c) = (await host.RegisterIdAsync(new { displayName = name }), await RegisterAsync("B"), await RegisterAsync("C"));
        Assert.Contains(a, await FoundAsync(name));
        var first = await MergeAsync(b, a);
        await MergeAsync(c, b);
        Assert.DoesNotContain(a, await FoundAsync(name));

        using var answer = await host.Rep().GetAsync($"{Customers}/{a}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(c, (await answer.JsonAsync()).GetProperty("id").GetGuid());
        Assert.Equal($"{Customers}/{c}", answer.Content.Headers.ContentLocation?.ToString());
        Assert.Equal(c.ToString(), answer.Headers.GetValues("Crm-Merged-Into").Single());
        Assert.Equal((409, "customer.merge_covered", null), await host.Rep().PostAsync($"{Merges}/{first}/undo", new { }).ProblemAsync());
        Assert.Equal((412, "customer.stale", null), await host.Rep().PutAsync($"{Customers}/{a}", new { displayName = "X" }, 1).ProblemAsync());
    }

    [Fact]
    public async Task A_chain_is_undone_from_its_end_and_each_gets_back_what_was_recorded_for_them()
    {
        var (a, b, c) = (await RegisterAsync("A"), await RegisterAsync("B"), await RegisterAsync("C"));
        foreach (var (id, text) in new[] { (a, "of a"), (b, "of b"), (c, "of c") }) await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text }).OkJsonAsync();
        var (first, second) = (await MergeAsync(b, a), await MergeAsync(c, b));
        Assert.Equal(["of a", "of b", "of c"], Notes(await host.TimelineAsync(a)).Order());

        await host.Rep().PostAsync($"{Merges}/{second}/undo", new { }).OkJsonAsync();
        Assert.Equal(["of a", "of b"], Notes(await host.TimelineAsync(b)).Order());
        Assert.Equal(["of c"], Notes(await host.TimelineAsync(c)));
        await host.Rep().PostAsync($"{Merges}/{first}/undo", new { }).OkJsonAsync();
        Assert.Equal(["of a"], Notes(await host.TimelineAsync(a)));
        Assert.Equal(["of b"], Notes(await host.TimelineAsync(b)));
        Assert.Equal((409, "customer.merge_undone", null), await host.Rep().PostAsync($"{Merges}/{first}/undo", new { }).ProblemAsync());
    }

    [Fact]
    public async Task Of_two_merges_that_cross_one_wins_and_the_other_is_told()
    {
        for (var round = 0; round < 5; round++)
        {
            var (a, b) = (await RegisterAsync("A"), await RegisterAsync("B"));
            var answers = await Task.WhenAll(
                host.Rep().PostAsync(Merges, new { survivorId = a, survivorVersion = 1, absorbedId = b, absorbedVersion = 1 }),
                host.Rep().PostAsync(Merges, new { survivorId = b, survivorVersion = 1, absorbedId = a, absorbedVersion = 1 }));
            Assert.Equal([HttpStatusCode.Created, HttpStatusCode.Conflict], answers.Select(answer => answer.StatusCode).Order());
            Assert.Equal("customer.already_merged", Text(await answers.Single(answer => !answer.IsSuccessStatusCode).JsonAsync(), "code"));
            Assert.Equal((await host.GetAsync($"{Customers}/{a}")).GetProperty("id").GetGuid(), (await host.GetAsync($"{Customers}/{b}")).GetProperty("id").GetGuid());
        }
    }

    [Fact]
    public async Task Wrong_merges_are_refused_and_change_nothing()
    {
        var (a, b) = (await RegisterAsync("A"), await RegisterAsync("B"));
        object Body(Guid survivor, Guid absorbed, long version = 1, object? fields = null) =>
            new { survivorId = survivor, survivorVersion = version, absorbedId = absorbed, absorbedVersion = 1, fields };
        Assert.Equal((422, "customer.merge_with_itself", "absorbedId"), await host.Rep().PostAsync(Merges, Body(a, a)).ProblemAsync());
        Assert.Equal((412, "customer.stale", "survivorVersion"), await host.Rep().PostAsync(Merges, Body(a, b, version: 7)).ProblemAsync());
        Assert.Equal((422, "customer.merge_customer_unknown", "absorbedId"), await host.Rep().PostAsync(Merges, Body(a, NewId())).ProblemAsync());
        Assert.Equal((400, "customer.merge_field_unknown", "fields.role"), await host.Rep().PostAsync(Merges, Body(a, b, fields: new { role = "absorbed" })).ProblemAsync());
        Assert.Equal((404, "customer.merge_not_found", null), await host.Rep().PostAsync($"{Merges}/{NewId()}/undo", new { }).ProblemAsync());
        Assert.Equal((1L, 1L), ((await host.GetAsync($"{Customers}/{a}")).GetProperty("version").GetInt64(), (await host.GetAsync($"{Customers}/{b}")).GetProperty("version").GetInt64()));
    }

    [Fact]
    public async Task The_later_consent_counts_for_the_merged_and_a_withdrawal_made_meanwhile_for_both_after_it_is_undone()
    {
        static object Email(bool granted) => new { channel = "email", purpose = "marketing", granted, noticeVersion = "v1" };
        var survivor = await host.RegisterIdAsync(new { displayName = "S", consents = new[] { Email(false) } });
        var absorbed = await host.RegisterIdAsync(new { displayName = "A", consents = new[] { Email(true) } });
        var merge = await MergeAsync(survivor, absorbed);
        Assert.True(await GrantedAsync(survivor));
        await host.Rep().PostAsync($"{Customers}/{absorbed}/consents", Email(false)).OkJsonAsync();
        Assert.False(await GrantedAsync(survivor));

        await host.Rep().PostAsync($"{Merges}/{merge}/undo", new { }).OkJsonAsync();
        Assert.False(await GrantedAsync(survivor));
        Assert.False(await GrantedAsync(absorbed));

        async Task<bool> GrantedAsync(Guid id) =>
            Assert.Single((await host.GetAsync($"{Customers}/{id}/consents")).GetProperty("inForce").EnumerateArray()).GetProperty("granted").GetBoolean();
    }

    [Fact]
    public async Task What_arrives_late_under_the_old_id_is_the_survivors()
    {
        var (survivor, absorbed) = (await RegisterAsync("S"), await RegisterAsync("A"));
        await MergeAsync(survivor, absorbed);
        await host.Bus.PublishAsync(Purchases(Instant("2025-03-01T08:00:00Z"), absorbed), NewId());
        await Eventually.Holds(async () => Assert.Contains(await host.TimelineAsync(survivor), entry => Text(entry, "kind") == "purchase.recorded"));
    }

    [Fact]
    public async Task A_row_of_an_absorbed_customers_source_reaches_the_survivor_once_and_the_old_record_stays_as_it_was()
    {
        var (first, second) = (Unique("shop"), Unique("bank"));
        var survivor = await host.RegisterIdAsync(new { displayName = "S", source = Unique("own"), sourceId = "1" });
        var absorbed = await host.RegisterIdAsync(new { displayName = "A", source = first, sourceId = "7" });
        var other = await host.RegisterIdAsync(new { displayName = "B", source = second, sourceId = "8" });
        var merge = await MergeAsync(survivor, absorbed);
        await MergeAsync(survivor, other);

        Assert.Equal((0, 1, 0), await ImportAsync(first, "sourceId,displayName,phone\n7,As the shop says,081299990007\n"));
        Assert.Equal((0, 1, 0), await ImportAsync(second, "sourceId,displayName,email\n8,As the bank says,bank@example.com\n"));
        Assert.Equal((0, 0, 1), await ImportAsync(first, "sourceId,displayName,phone\n7,As the shop says,081299990007\n"));
        var told = await host.GetAsync($"{Customers}/{survivor}");
        Assert.Equal(("As the bank says", "+6281299990007", "bank@example.com"), (Text(told, "displayName"), Text(told, "phone"), Text(told, "email")));
        await Eventually.Holds(() =>
        {
            Assert.Equal("bank@example.com", host.Snapshots(survivor)[^1].Email);
            return Task.CompletedTask;
        });

        await host.Rep().PostAsync($"{Merges}/{merge}/undo", new { }).OkJsonAsync();
        Assert.Equal("A", Text(await host.GetAsync($"{Customers}/{absorbed}"), "displayName"));
    }

    [Fact]
    public async Task What_belongs_to_the_absorbed_is_the_survivors_under_either_id_and_goes_back()
    {
        var (survivor, absorbed, friend) = (await RegisterAsync("S"), await RegisterAsync("A"), await RegisterAsync("F"));
        await host.Rep().PostAsync($"{Customers}/{absorbed}/contact-points", new { kind = "phone", value = "081277770001" }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{absorbed}/relationships", new { toCustomerId = friend, kind = "spouse" }).OkJsonAsync();
        var merge = await MergeAsync(survivor, absorbed);
        foreach (var id in new[] { survivor, absorbed })
        {
            Assert.Contains("+6281277770001", (await host.GetAsync($"{Customers}/{id}/contact-points")).ToString(), StringComparison.Ordinal);
            Assert.Equal(friend, Assert.Single((await host.GetAsync($"{Customers}/{id}/relationships")).EnumerateArray()).GetProperty("customerId").GetGuid());
        }

        Assert.Equal(survivor, Assert.Single((await host.GetAsync($"{Customers}/{friend}/relationships")).EnumerateArray()).GetProperty("customerId").GetGuid());
        await host.Rep().PostAsync($"{Merges}/{merge}/undo", new { }).OkJsonAsync();
        Assert.DoesNotContain("+6281277770001", (await host.GetAsync($"{Customers}/{survivor}/contact-points")).ToString(), StringComparison.Ordinal);
        Assert.Contains("+6281277770001", (await host.GetAsync($"{Customers}/{absorbed}/contact-points")).ToString(), StringComparison.Ordinal);
        Assert.Empty((await host.GetAsync($"{Customers}/{survivor}/relationships")).EnumerateArray());
    }

    private async Task<(int Created, int Updated, int Unchanged)> ImportAsync(string source, string csv)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/customer/v1/customer-imports?source={source}") { Content = new StringContent(csv, System.Text.Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        var import = await host.Rep().SendAsync(request).OkJsonAsync();
        return (import.GetProperty("created").GetInt32(), import.GetProperty("updated").GetInt32(), import.GetProperty("unchanged").GetInt32());
    }

    private Task<Guid> RegisterAsync(string name) => host.RegisterIdAsync(new { displayName = Unique(name) });

    private async Task<IEnumerable<Guid>> FoundAsync(string name) =>
        (await host.GetAsync($"{Customers}?q={Uri.EscapeDataString(name)}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid());

    private async Task<Guid> MergeAsync(Guid survivor, Guid absorbed, object? fields = null)
    {
        var versions = new List<long>();
        foreach (var id in new[] { survivor, absorbed }) versions.Add((await host.GetAsync($"{Customers}/{id}")).GetProperty("version").GetInt64());
        return (await host.Rep().PostAsync(
            Merges, new { survivorId = survivor, survivorVersion = versions[0], absorbedId = absorbed, absorbedVersion = versions[1], fields }).OkJsonAsync()).GetProperty("id").GetGuid();
    }

    private static string[] Notes(IEnumerable<JsonElement> timeline) =>
        [.. timeline.Where(entry => Text(entry, "kind") == "note.added").Select(entry => entry.GetProperty("args").GetProperty("text").GetString()!)];

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
