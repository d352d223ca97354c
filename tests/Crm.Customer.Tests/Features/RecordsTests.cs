using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class RecordsTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Api = "/api/customer/v1";

    [Fact]
    public async Task The_owner_and_the_profile_are_kept_and_raise_the_version()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Sukarno" });
        var profile = await host.Rep().PutAsync($"{Customers}/{id}/profile", new { ownerId = "rep-1", ownerName = "Rep One", ownerUnit = "Jakarta", isInternal = true, interests = new[] { "kopi", "batik", "kopi" } }, 1).OkJsonAsync();
        Assert.Equal((2, "Jakarta", true), (profile.GetProperty("version").GetInt64(), profile.GetProperty("ownerUnit").GetString(), profile.GetProperty("isInternal").GetBoolean()));
        Assert.Equal(["batik", "kopi"], profile.GetProperty("interests").EnumerateArray().Select(value => value.GetString()));
        Assert.Equal((412, "customer.stale", null), await host.Rep().PutAsync($"{Customers}/{id}/profile", new { ownerId = "rep-2" }, 1).ProblemAsync());
        Assert.Equal((400, "customer.value_unknown", "maritalStatus"), await host.Rep().PutAsync($"{Customers}/{id}/profile", new { maritalStatus = "complicated" }, 2).ProblemAsync());
        Assert.Contains(await host.TimelineAsync(id), entry => entry.GetProperty("kind").GetString() == "customer.owner_changed");
        await Eventually.Holds(() =>
        {
            Assert.Contains(host.Snapshots(id), snapshot => snapshot.Version == 2);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_customer_can_be_seen_as_on_any_day()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Before", email = "a@example.com" });
        await host.Rep().PostAsync($"{Customers}/{id}/consents", new { channel = "email", purpose = "marketing", granted = true, noticeVersion = "1" }).OkJsonAsync();
        var first = DateTimeOffset.Parse((await host.GetAsync($"{Customers}/{id}")).GetProperty("changedAt").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "After", email = "b@example.com" }, 1).OkJsonAsync();
        await host.Rep().PutAsync($"{Customers}/{id}/profile", new { ownerId = "rep-9" }, 2).OkJsonAsync();
        var now = await host.GetAsync($"{Customers}/{id}");

        var then = await AsOfAsync(id, first.AddMilliseconds(0.5));
        Assert.Equal((1, "Before", "a@example.com", JsonValueKind.Null), (
            then.GetProperty("version").GetInt64(), then.GetProperty("record").GetProperty("displayName").GetString(),
            then.GetProperty("record").GetProperty("email").GetString(), then.GetProperty("record").GetProperty("ownerId").ValueKind));
        Assert.Empty(then.GetProperty("consents").EnumerateArray());
        var today = await AsOfAsync(id, Instant(now.GetProperty("changedAt").GetString()!).AddSeconds(1));
        Assert.Equal((3, "After", "rep-9"), (
            today.GetProperty("version").GetInt64(), today.GetProperty("record").GetProperty("displayName").GetString(), today.GetProperty("record").GetProperty("ownerId").GetString()));
        Assert.Single(today.GetProperty("consents").EnumerateArray());
        Assert.Equal((404, "customer.not_known_then", null), await host.Rep().GetAsync($"{Customers}/{id}/as-of?at=2000-01-01T00:00:00Z").ProblemAsync());
    }

    [Fact]
    public async Task How_a_customer_was_served_is_known_of_any_date()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Tari" });
        var now = TimeProvider.System.GetUtcNow();
        DateTimeOffset[] days = [now.AddDays(1), now.AddDays(2)];
        // The later decision arrives first, and once more.
        var later = new ServiceTierSet(NewId(), days[1], id, 5);
        foreach (var told in new[] { later, new ServiceTierSet(NewId(), days[0], id, 2), later }) await host.Bus.PublishAsync(told, NewId());

        await Eventually.Holds(async () => Assert.Equal((2, 5), (Tier(await AsOfAsync(id, days[0])), Tier(await AsOfAsync(id, days[1].AddDays(1))))));
        Assert.Equal(2, Tier(await AsOfAsync(id, days[1].AddSeconds(-1))));
        Assert.Null(Tier(await AsOfAsync(id, days[0].AddSeconds(-1))));

        static int? Tier(JsonElement asOf) => asOf.GetProperty("serviceTier") is { ValueKind: JsonValueKind.Number } tier ? tier.GetInt32() : null;
    }

    [Fact]
    public async Task Every_value_knows_where_it_came_from()
    {
        var source = Unique("pos");
        var id = await host.RegisterIdAsync(new { displayName = "Tini", email = "tini@example.com", phone = "0811000111", source, sourceId = "1" });
        await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Tini", email = "new@example.com", phone = "0811000111" }, 1).OkJsonAsync();
        await host.Bus.PublishAsync(Purchases(Instant("2026-01-01T00:00:00Z"), id), NewId());
        await Eventually.Holds(async () => Assert.Equal("New", (await host.GetAsync($"{Customers}/{id}")).GetProperty("lifecycleStage").GetString()));

        var fields = (await host.GetAsync($"{Customers}/{id}/field-sources")).EnumerateArray().ToDictionary(item => item.GetProperty("field").GetString()!);
        Assert.Equal((source, "imported"), (fields["phone"].GetProperty("source").GetString(), fields["phone"].GetProperty("quality").GetString()));
        Assert.Equal(("form", "stated"), (fields["email"].GetProperty("source").GetString(), fields["email"].GetProperty("quality").GetString()));
        Assert.StartsWith("user-", fields["email"].GetProperty("by").GetString(), StringComparison.Ordinal);
        Assert.False(fields.ContainsKey("gender"));
    }

    [Fact]
    public async Task Contact_points_are_normalised_and_a_new_primary_goes_into_the_record()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Wati", phone = "0812 1111 1111" });
        var added = await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "phone", value = "0813-2222-2222", label = "kantor" }).OkJsonAsync();
        Assert.Equal(("+6281322222222", false), (added.GetProperty("value").GetString(), added.GetProperty("isPrimary").GetBoolean()));
        Assert.Equal((409, "customer.contact_point_taken", "value"), await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "phone", value = "+62 813 2222 2222" }).ProblemAsync());
        Assert.Equal((400, "customer.phone_invalid", "value"), await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "phone", value = "+999 123" }).ProblemAsync());

        var path = $"{Customers}/{id}/contact-points/{added.GetProperty("id").GetGuid()}";
        await host.Rep().PutAsync(path, new { isPrimary = true, isVerified = true }, 1).OkJsonAsync();
        Assert.Equal("+6281322222222", (await host.GetAsync($"{Customers}/{id}")).GetProperty("phone").GetString());
        var points = (await host.GetAsync($"{Customers}/{id}/contact-points")).EnumerateArray().ToList();
        Assert.Equal(["+6281322222222", "+6281211111111"], points.Select(point => point.GetProperty("value").GetString()));
        Assert.NotEqual(JsonValueKind.Null, points[0].GetProperty("verifiedAt").ValueKind);
        Assert.Equal((412, "customer.record_stale", null), await host.Rep().PutAsync(path, new { isBounced = true }, 1).ProblemAsync());
    }

    [Fact]
    public async Task A_hard_bounce_marks_the_address()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Bounced", email = "gone@example.com" });
        await host.Bus.PublishAsync(new Crm.Campaign.Contracts.Events.V1.CampaignResponded(
            NewId(), Instant("2026-03-01T00:00:00Z"), NewId(), "Spring", NewId(), id, "email", Crm.Campaign.Contracts.Events.V1.ResponseKind.Bounced, null, Bounce: "hard"), NewId());
        await Eventually.Holds(async () => Assert.NotEqual(
            JsonValueKind.Null, (await host.GetAsync($"{Customers}/{id}/contact-points")).EnumerateArray().Single().GetProperty("bouncedAt").ValueKind));
    }

    [Fact]
    public async Task People_are_related_from_both_ends_and_only_once()
    {
        var (parent, child) = (await host.RegisterIdAsync(new { displayName = "Ibu" }), await host.RegisterIdAsync(new { displayName = "Anak" }));
        await host.Rep().PostAsync($"{Customers}/{parent}/relationships", new { toCustomerId = child, kind = "child" }).OkJsonAsync();
        Assert.Equal("parent", (await host.GetAsync($"{Customers}/{child}/relationships"))[0].GetProperty("kind").GetString());
        Assert.Equal((409, "customer.relationship_exists", "toCustomerId"), await host.Rep().PostAsync($"{Customers}/{child}/relationships", new { toCustomerId = parent, kind = "parent" }).ProblemAsync());
        Assert.Equal((422, "customer.relationship_to_self", "toCustomerId"), await host.Rep().PostAsync($"{Customers}/{child}/relationships", new { toCustomerId = child, kind = "friend" }).ProblemAsync());
    }

    [Fact]
    public async Task A_serial_number_has_one_owner()
    {
        var (one, other) = (await host.RegisterIdAsync(new { displayName = "One" }), await host.RegisterIdAsync(new { displayName = "Other" }));
        var serial = Unique("SN");
        var asset = await host.Rep().PostAsync($"{Customers}/{one}/assets", new { productCode = "TV-1", productName = "TV", serialNumber = serial, lot = "L7", warrantyUntil = "2027-01-01" }).OkJsonAsync();
        var again = new { productCode = "TV-1", productName = "TV", serialNumber = serial };
        Assert.Equal((409, "customer.serial_number_taken", "serialNumber"), await host.Rep().PostAsync($"{Customers}/{other}/assets", again).ProblemAsync());
        await host.Rep().PutAsync($"{Customers}/{one}/assets/{asset.GetProperty("id").GetGuid()}", new { productCode = "TV-1", productName = "TV", serialNumber = serial, status = "disposed" }, 1).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{other}/assets", again).OkJsonAsync();
        Assert.Single((await host.GetAsync($"{Customers}/{other}/assets")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_team_spans_units_and_is_replaced_whole()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Key account" });
        var rep = host.Rep();
        await rep.PutAsJsonAsync($"{Customers}/{id}/team", new { members = new[] { Member("a", "Sales"), Member("b", "Service") } });
        await rep.PutAsJsonAsync($"{Customers}/{id}/team", new { members = new[] { Member("b", "Service"), Member("c", "Finance") } });
        Assert.Equal(["Finance", "Service"], (await host.GetAsync($"{Customers}/{id}/team")).EnumerateArray().Select(member => member.GetProperty("unit").GetString()));
        Assert.Equal((400, "customer.field_repeated", "members[1].userId"), await rep.PutAsJsonAsync($"{Customers}/{id}/team", new { members = new[] { Member("b", "x"), Member("b", "y") } }).ProblemAsync());

        static object Member(string id, string unit) => new { userId = id, userName = id, unit, role = "lead" };
    }

    [Fact]
    public async Task A_defined_field_is_checked_and_its_type_stays_once_used()
    {
        var name = "shoe" + Unique("x").Replace("-", "", StringComparison.Ordinal);
        var ops = host.ClientFor(Roles.Ops);
        await ops.PutAsJsonAsync($"{Api}/custom-fields/customer/{name}", new { type = "choice", labelId = "Ukuran", labelEn = "Size", options = new[] { "M", "L" } });
        Assert.Equal((422, "customer.custom_field_mismatch", $"customFields.{name}"), await host.Rep().PostAsync(Customers, With("XXL")).ProblemAsync());
        var id = await host.RegisterIdAsync(With("L"));
        Assert.Equal((422, "customer.custom_field_type_fixed", "type"), await ops.PutAsync($"{Api}/custom-fields/customer/{name}", new { type = "number", labelId = "a", labelEn = "b" }, 1).ProblemAsync());
        Assert.Contains(await ListAsync(), field => field.GetProperty("name").GetString() == name && field.GetProperty("labelId").GetString() == "Ukuran");
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Rep().PutAsJsonAsync($"{Api}/custom-fields/customer/{name}", new { type = "text", labelId = "a", labelEn = "b" })).StatusCode);
        Assert.NotEqual(Guid.Empty, id);

        object With(string size) => new { displayName = "Sized", customFields = new[] { new { name, text = size } } };
        async Task<List<JsonElement>> ListAsync() => [.. (await host.GetAsync($"{Api}/custom-fields/customer")).EnumerateArray()];
    }

    [Fact]
    public async Task A_field_changes_only_for_whoever_has_seen_its_version()
    {
        var name = "hat" + Unique("x").Replace("-", "", StringComparison.Ordinal);
        var (ops, path) = (host.ClientFor(Roles.Ops), $"{Api}/custom-fields/customer/{name}");
        Assert.Equal((412, "customer.record_stale", null), await ops.PutAsync(path, Labelled("Hat"), 1).ProblemAsync());
        using var first = await ops.PutAsJsonAsync(path, Labelled("Hat"));
        Assert.Equal((HttpStatusCode.OK, "\"1\""), (first.StatusCode, first.Headers.ETag?.Tag));
        Assert.Equal((428, "request.precondition_required", "If-Match"), await ops.PutAsJsonAsync(path, Labelled("Cap")).ProblemAsync());
        using var second = await ops.PutAsync(path, Labelled("Cap"), 1);
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (second.StatusCode, second.Headers.ETag?.Tag));
        Assert.Equal((412, "customer.record_stale", null), await ops.PutAsync(path, Labelled("Crown"), 1).ProblemAsync());
        var stored = (await host.GetAsync($"{Api}/custom-fields/customer")).EnumerateArray().Single(field => field.GetProperty("name").GetString() == name);
        Assert.Equal(("Cap", 2), (stored.GetProperty("labelEn").GetString(), stored.GetProperty("version").GetInt64()));

        static object Labelled(string english) => new { type = "text", labelId = "Topi", labelEn = english };
    }

    [Fact]
    public async Task Accounts_form_a_hierarchy_without_cycles()
    {
        var top = await AccountAsync("Holding", null);
        var middle = await AccountAsync("Daughter", top);
        var leaf = await AccountAsync("Shop", middle);
        Assert.Equal((422, "customer.account_cycle", "parentId"), await MoveAsync(top, "Holding", leaf));
        Assert.Equal((422, "customer.account_cycle", "parentId"), await MoveAsync(top, "Holding", top));
        Assert.Equal((422, "customer.account_parent_unknown", "parentId"), await MoveAsync(top, "Holding", NewId()));
        var tree = (await host.GetAsync($"{Api}/accounts/{middle}/hierarchy")).EnumerateArray().Select(item => (item.GetProperty("id").GetGuid(), item.GetProperty("level").GetInt32()));
        Assert.Equal([(top, -1), (middle, 0), (leaf, 1)], tree);
        Assert.Contains(leaf, (await host.GetAsync($"{Api}/accounts?kind=organisation&q=shop")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()));

        Task<(int, string?, string?)> MoveAsync(Guid id, string name, Guid parent) => host.Rep().PutAsync($"{Api}/accounts/{id}", new { kind = "organisation", displayName = name, parentId = parent }, 1).ProblemAsync();
    }

    [Fact]
    public async Task Two_moves_that_close_a_circle_together_do_not_both_pass()
    {
        var (one, other) = (await AccountAsync("One", null), await AccountAsync("Other", null));
        var answers = await Task.WhenAll(
            host.Rep().PutAsync($"{Api}/accounts/{one}", new { kind = "organisation", displayName = "One", parentId = other }, 1),
            host.Rep().PutAsync($"{Api}/accounts/{other}", new { kind = "organisation", displayName = "Other", parentId = one }, 1));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.UnprocessableEntity], answers.Select(answer => answer.StatusCode).Order());
    }

    [Fact]
    public async Task A_person_plays_several_roles_and_an_ended_role_stays()
    {
        var account = await AccountAsync("PT Maju", null);
        var person = await host.RegisterIdAsync(new { displayName = "Direktur" });
        var role = await host.Rep().PostAsync($"{Api}/accounts/{account}/contacts", new { customerId = person, role = "director", isPrimary = true }).OkJsonAsync();
        await host.Rep().PostAsync($"{Api}/accounts/{account}/contacts", new { customerId = person, role = "buyer" }).OkJsonAsync();
        Assert.Equal((409, "customer.contact_role_taken", "role"), await host.Rep().PostAsync($"{Api}/accounts/{account}/contacts", new { customerId = person, role = "buyer" }).ProblemAsync());
        var path = $"{Api}/accounts/{account}/contacts/{role.GetProperty("id").GetGuid()}";
        Assert.Equal(HttpStatusCode.NoContent, (await host.Rep().DeleteAsync(path)).StatusCode);
        Assert.Equal((404, "customer.contact_role_not_found", null), await host.Rep().DeleteAsync(path).ProblemAsync());
        var roles = (await host.GetAsync($"{Customers}/{person}/accounts")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([("buyer", false), ("director", true)], roles.Select(item => (item.GetProperty("role").GetString()!, item.GetProperty("endedOn").ValueKind != JsonValueKind.Null)).Order());
    }

    [Fact]
    public void Every_route_but_the_public_pages_names_who_may_call_it() => EndpointRules.AssertAuthorised(host.Services, "/p/preferences/", "/p/consents/", "/p/forms/", "/p/webhooks/");

    private async Task<JsonElement> AsOfAsync(Guid id, DateTimeOffset at) => await host.GetAsync($"{Customers}/{id}/as-of?at={Uri.EscapeDataString(at.ToString("O"))}");

    private async Task<Guid> AccountAsync(string name, Guid? parent) =>
        (await host.Rep().PostAsync($"{Api}/accounts", new { kind = "organisation", displayName = name, parentId = parent }).OkJsonAsync()).GetProperty("id").GetGuid();
}
