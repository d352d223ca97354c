using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class FilterAndViewTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Views = "/api/customer/v1/views";

    [Fact]
    public async Task And_or_and_not_narrow_the_list_and_the_count()
    {
        var tag = Unique("t");
        var bandung = await host.RegisterIdAsync(new { displayName = "A", tags = new[] { tag }, address = new { city = "Bandung" }, gender = "female" });
        var medan = await host.RegisterIdAsync(new { displayName = "B", tags = new[] { tag }, address = new { city = "Medan" }, birthDate = "1990-01-01" });
        var nowhere = await host.RegisterIdAsync(new { displayName = "C", tags = new[] { tag }, customFields = new[] { new { name = "shoe", number = 42 } } });
        string Tagged(string rest) => $$"""{"all":[{"field":"tag","op":"eq","value":"{{tag}}"},{{rest}}]}""";

        Assert.Equal([medan, bandung], await FindAsync(Tagged("""{"any":[{"field":"city","op":"eq","value":"Bandung"},{"field":"city","op":"startsWith","value":"me"}]}""")));
        Assert.Equal([nowhere, medan], await FindAsync(Tagged("""{"not":{"field":"city","op":"eq","value":"Bandung"}}""")));
        Assert.Equal([nowhere], await FindAsync(Tagged("""{"field":"city","op":"isEmpty"}""")));
        Assert.Equal([medan], await FindAsync(Tagged("""{"field":"birthDate","op":"lt","value":"1991-01-01"}""")));
        Assert.Equal([nowhere], await FindAsync(Tagged("""{"field":"custom.shoe","op":"eq","value":42}""")));
        Assert.Equal([medan, bandung], await FindAsync(Tagged("""{"field":"city","op":"in","value":["Medan","Bandung"]}""")));
        var count = await host.GetAsync($"{Customers}/count?filter={Uri.EscapeDataString(Tagged("""{"field":"lifecycleStage","op":"eq","value":"Prospect"}"""))}");
        Assert.Equal((3, true), (count.GetProperty("count").GetInt32(), count.GetProperty("isExact").GetBoolean()));
    }

    [Theory]
    [InlineData("not json", "customer.filter_invalid", "filter")]
    [InlineData("[]", "customer.filter_invalid", "filter")]
    [InlineData("""{"field":"salary","op":"eq","value":"1"}""", "customer.filter_field_unknown", "filter.field")]
    [InlineData("""{"field":"source_hash","op":"eq","value":"1"}""", "customer.filter_field_unknown", "filter.field")]
    [InlineData("""{"all":[{"field":"city","op":"like'","value":"1"}]}""", "customer.filter_invalid", "filter.all[0]")]
    [InlineData("""{"field":"birthDate","op":"gt","value":"30-02-2020"}""", "customer.filter_invalid", "filter")]
    [InlineData("""{"not":{"not":{"not":{"not":{"not":{"field":"city","op":"isEmpty"}}}}}}""", "customer.filter_invalid", "filter.not.not.not.not.not")]
    public async Task A_wrong_filter_is_refused_and_names_its_place(string filter, string code, string field) =>
        Assert.Equal((400, code, field), await host.Rep().GetAsync($"{Customers}?filter={Uri.EscapeDataString(filter)}").ProblemAsync());

    [Fact]
    public async Task Ten_thousand_conditions_are_refused()
    {
        var many = """{"any":[""" + string.Join(',', Enumerable.Repeat("""{"field":"city","op":"isEmpty"}""", 60)) + "]}";
        Assert.Equal((422, "customer.filter_too_long", "filter.any[50]"), await host.Rep().GetAsync($"{Customers}?filter={Uri.EscapeDataString(many)}").ProblemAsync());
    }

    [Theory]
    [InlineData("' OR 1=1--")]
    [InlineData("'; DROP TABLE customers; --")]
    public async Task A_filters_value_is_text(string value)
    {
        Assert.Empty(await FindAsync(JsonSerializer.Serialize(new { field = "city", op = "eq", value })));
        Assert.Empty(await FindAsync(JsonSerializer.Serialize(new { field = "city", op = "contains", value })));
    }

    [Fact]
    public async Task A_view_is_shared_with_a_unit_pinned_and_used_but_changed_by_its_owner_only()
    {
        var tag = Unique("v");
        var id = await host.RegisterIdAsync(new { displayName = "Seen", tags = new[] { tag } });
        var owner = TestKeys.Person(Roles.SalesRep) with { Unit = "north" };
        var colleague = TestKeys.Person(Roles.SalesRep) with { Unit = "north" };
        var stranger = TestKeys.Person(Roles.SalesRep) with { Unit = "south" };
        var view = await host.ClientFor(owner).PostAsync(Views, new { name = "Mine", filter = new { field = "tag", op = "eq", value = tag }, sharedWith = "north" }).OkJsonAsync();
        var path = $"{Views}/{view.GetProperty("id").GetGuid()}";

        var found = await host.ClientFor(colleague).GetAsync($"{Customers}?view={view.GetProperty("id").GetGuid()}").OkJsonAsync();
        Assert.Equal(id, found.GetProperty("items")[0].GetProperty("id").GetGuid());
        await host.ClientFor(colleague).PutAsync(path + "/pin", null);
        Assert.True((await host.ClientFor(colleague).GetAsync(Views).OkJsonAsync())[0].GetProperty("isPinned").GetBoolean());
        Assert.Equal((403, "customer.view_not_yours", null), await host.ClientFor(colleague).DeleteAsync(path).ProblemAsync());
        Assert.Equal((404, "customer.view_not_found", null), await host.ClientFor(stranger).GetAsync($"{Customers}?view={view.GetProperty("id").GetGuid()}").ProblemAsync());
        Assert.Empty((await host.ClientFor(stranger).GetAsync(Views).OkJsonAsync()).EnumerateArray());
        Assert.Equal((412, "customer.view_stale", null), await host.ClientFor(owner).PutAsync(path, new { name = "Mine" }, 7).ProblemAsync());
        await host.ClientFor(owner).PutAsync(path, new { name = "Mine only" }, 1).OkJsonAsync();
        Assert.Empty((await host.ClientFor(colleague).GetAsync(Views).OkJsonAsync()).EnumerateArray());
    }

    [Fact]
    public async Task Parts_of_words_and_misspelt_ones_are_found_and_a_name_nobody_has_any_more_is_forgotten()
    {
        var word = "qx" + Unique("w").Replace("-", "", StringComparison.Ordinal)[1..9] + "adhan";
        var id = await host.RegisterIdAsync(new { displayName = $"Siti {word} Putri" });
        Assert.Contains(id, await SearchAsync(word[3..]));
        Assert.Contains(id, await SearchAsync(word[..4] + "z" + word[5..]));
        Assert.Contains(id, await SearchAsync($"putri {word}"));
        await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Siti Putri" }, 1).OkJsonAsync();
        Assert.DoesNotContain(id, await SearchAsync(word));
        await using var command = host.Database.CreateCommand($"SELECT count(*) FROM name_words WHERE word = '{word}' OR word = 'putri'");
        Assert.Equal(1L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_further_phone_and_address_find_their_customer_too()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Two phones", phone = "0812 9999 0001" });
        await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "phone", value = "0857 4321 8765" }).OkJsonAsync();
        var email = Unique("second") + "@example.com";
        await host.Rep().PostAsync($"{Customers}/{id}/contact-points", new { kind = "email", value = email }).OkJsonAsync();
        Assert.Contains(id, await SearchAsync("0857-4321"));
        Assert.Equal([id], await SearchAsync(email));
    }

    private async Task<List<Guid>> FindAsync(string filter) => Ids(await host.GetAsync($"{Customers}?filter={Uri.EscapeDataString(filter)}"));

    private async Task<List<Guid>> SearchAsync(string q) => Ids(await host.GetAsync($"{Customers}?q={Uri.EscapeDataString(q)}"));

    private static List<Guid> Ids(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())];
}
