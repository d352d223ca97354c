using System.Net;
using Crm.Testing;
using Dapper;

namespace Crm.Campaign.Tests.Segments;

/// <summary>Segments that name segments and lists, and who refuses what (security examples: self-reference, deep nesting, ten thousand clauses).</summary>
[Collection(CampaignCollection.Name)]
public sealed class NestedSegmentTests(CampaignHost host)
{
    private const string Path = "/api/campaign/v1/segments";

    [Fact]
    public async Task A_segment_follows_the_segments_that_it_names()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 6, number => CampaignHost.Customer(tag, number) with { City = number < 2 ? "Medan" : "Bandung" });
        var city = await SaveAsync("city", new { field = "city", op = "eq", value = "Medan" });
        var outer = await SaveAsync("outer", new { all = new object[] { Tagged(tag), new { not = new { segment = city } } } });
        var outermost = await SaveAsync("outermost", new { segment = outer });

        Assert.Equal(4, await CountAsync(outermost));
        await host.Marketer.PutAsync($"{Path}/{city}", new { name = "city", criteria = new { field = "city", op = "eq", value = "Bandung" } }, 1).OkJsonAsync();
        Assert.Equal(2, await CountAsync(outermost));
        var written = (await host.Marketer.GetAsync($"{Path}/{outermost}").OkJsonAsync()).GetProperty("criteria");
        Assert.Equal(outer, Assert.Single(written.EnumerateObject()).Value.GetGuid());
        Assert.Equal(2, (await host.Marketer.PostAsync($"{Path}/preview", new { criteria = new { segment = outermost } }).OkJsonAsync()).GetProperty("matching").GetInt64());
    }

    [Fact]
    public async Task A_segment_never_leads_back_to_itself_and_the_way_is_named()
    {
        var tag = CampaignHost.NewTag();
        var first = await SaveAsync("A", Tagged(tag));
        var second = await SaveAsync("B", new { any = new object[] { Tagged(tag), new { segment = first } } });
        var third = await SaveAsync("C", new { segment = second });

        foreach (var (back, way) in new[] { (first, "A → A"), (second, "A → B → A"), (third, "A → C → B → A") })
        {
            using var refused = await host.Marketer.PutAsync($"{Path}/{first}", new { name = "A", criteria = new { all = new object[] { Tagged(tag), new { segment = back } } } }, 1);
            var problem = await refused.JsonAsync();
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "campaign.segment_cycle", "criteria.all[1].segment"), (refused.StatusCode, problem.GetProperty("code").GetString(), problem.GetProperty("field").GetString()));
            Assert.Contains(way, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(1, (await host.Marketer.GetAsync($"{Path}/{first}").OkJsonAsync()).GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Two_that_name_each_other_at_once_do_not_both_succeed()
    {
        var tag = CampaignHost.NewTag();
        var (one, two) = (await SaveAsync("one", Tagged(tag)), await SaveAsync("two", Tagged(tag)));

        var answers = await Task.WhenAll(
            host.Marketer.PutAsync($"{Path}/{one}", new { name = "one", criteria = new { segment = two } }, 1),
            host.Marketer.PutAsync($"{Path}/{two}", new { name = "two", criteria = new { segment = one } }, 1));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.UnprocessableEntity], answers.Select(answer => answer.StatusCode).Order());
        foreach (var answer in answers) answer.Dispose();
    }

    [Fact]
    public async Task What_is_too_long_together_is_refused_also_when_a_part_grows()
    {
        var part = await SaveAsync("part", Cities(1));
        var parts = Enumerable.Range(0, 6).Select(_ => new { segment = part }).ToArray();
        var whole = await SaveAsync("whole", new { any = parts });
        Assert.NotEqual(Guid.Empty, whole);

        Assert.Equal(
            (422, "campaign.criteria_too_long", "criteria"),
            await host.Marketer.PutAsync($"{Path}/{part}", new { name = "part", criteria = Cities(200) }, 1).ProblemAsync());
        Assert.Equal(1, (await host.Marketer.GetAsync($"{Path}/{part}").OkJsonAsync()).GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task More_than_ten_segments_in_a_row_are_refused()
    {
        var last = await SaveAsync("0", Cities(1));
        for (var i = 1; i <= 10; i++) last = await SaveAsync($"{i}", new { segment = last });

        Assert.Equal(
            (422, "campaign.criteria_too_deep", "criteria.segment"),
            await host.Marketer.PostAsync(Path, new { name = "11", criteria = new { segment = last } }).ProblemAsync());
    }

    [Theory]
    [InlineData("""{"segment":"01890a5d-ac96-774b-bcce-b302099a8057"}""", "campaign.unknown_segment", "criteria.segment")]
    [InlineData("""{"all":[{"list":"01890a5d-ac96-774b-bcce-b302099a8057"}]}""", "campaign.unknown_list", "criteria.all[0].list")]
    [InlineData("""{"segment":"all"}""", "campaign.criteria_malformed", "criteria.segment")]
    [InlineData("""{"segment":"01890a5d-ac96-774b-bcce-b302099a8057","criteria":{"all":[]}}""", "campaign.criteria_malformed", "criteria.segment")]
    [InlineData("""{"field":"city","op":"eq","value":"x","of":{"sku":["a"]}}""", "campaign.criteria_scope", "criteria.of")]
    [InlineData("""{"field":"bought.quantity","op":"gte","value":1,"of":{"campaign":["a"]}}""", "campaign.criteria_scope", "criteria.of.campaign")]
    [InlineData("""{"field":"bought.quantity","op":"gte","value":1,"of":{"sku":[]}}""", "campaign.criteria_scope", "criteria.of.sku")]
    [InlineData("""{"field":"messages.sent","op":"eq","value":0,"of":{"channel":["fax"]}}""", "campaign.criteria_scope", "criteria.of.channel")]
    [InlineData("""{"field":"birthDate","op":"anniversaryInDays","value":366}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"registeredAt","op":"inLastDays","value":-1}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"custom.text.x' OR 1=1","op":"eq","value":"x"}""", "campaign.unknown_field", "criteria.field")]
    [InlineData("""{"field":"preference.x}","op":"contains","value":"x"}""", "campaign.unknown_field", "criteria.field")]
    public async Task What_cannot_be_asked_is_refused_with_its_place(string criteria, string code, string field) =>
        Assert.Equal((422, code, field), await host.Marketer.PostAsync(Path, $$"""{"name":"s","criteria":{{criteria}} }""").ProblemAsync());

    [Fact]
    public async Task Ten_thousand_clauses_and_a_thousand_levels_are_refused_and_the_rest_goes_on()
    {
        var clause = """{"field":"city","op":"eq","value":"x"}""";
        var levels = string.Concat(Enumerable.Repeat("{\"not\":", 30)) + clause + new string('}', 30);
        var abyss = string.Concat(Enumerable.Repeat("{\"not\":", 1_000)) + clause + new string('}', 1_000);

        Assert.Equal(
            (422, "campaign.criteria_too_long", "criteria.any[200]"),
            await host.Marketer.PostAsync(Path, $$"""{"name":"s","criteria":{"any":[{{string.Join(',', Enumerable.Repeat(clause, 10_000))}}] } }""").ProblemAsync());
        Assert.Equal(
            (422, "campaign.criteria_too_deep", "criteria.not.not.not.not.not.not"),
            await host.Marketer.PostAsync(Path, $$"""{"name":"s","criteria":{{levels}} }""").ProblemAsync());
        var (status, _, _) = await host.Marketer.PostAsync(Path, $$"""{"name":"s","criteria":{{abyss}} }""").ProblemAsync();
        Assert.InRange(status, 400, 422);
        Assert.NotEqual(Guid.Empty, await SaveAsync("still here", Cities(1)));
    }

    [Fact]
    public async Task A_question_that_takes_too_long_is_given_up()
    {
        var segment = await SaveAsync("slow", Cities(1));
        await using var connection = await host.Database.OpenConnectionAsync();
        await using var holding = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("LOCK TABLE audience IN ACCESS EXCLUSIVE MODE", transaction: holding);

        Assert.Equal((422, "campaign.count_too_slow", "criteria"), await host.Marketer.GetAsync($"{Path}/{segment}/count").ProblemAsync());
    }

    [Theory]
    [InlineData("sms", 0, "no_phone")]
    [InlineData("pos", 0, "not_member")]
    [InlineData("post", 0, "no_address")]
    [InlineData("push", 0, "no_consent")]
    [InlineData("email", 3, null)]
    public async Task Counts_say_per_channel_who_is_excluded_why(string channel, long reachable, string? reason)
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 3);
        var segment = await SaveAsync(tag, Tagged(tag));

        var count = await host.Marketer.GetAsync($"{Path}/{segment}/count?channel={channel}").OkJsonAsync();
        var preview = await host.Marketer.PostAsync($"{Path}/preview", new { criteria = Tagged(tag), channel }).OkJsonAsync();

        foreach (var answer in new[] { count, preview })
        {
            Assert.Equal((3, reachable), (answer.GetProperty("matching").GetInt64(), answer.GetProperty("reachable").GetInt64()));
            if (reason is not null) Assert.Equal(3, answer.GetProperty("excluded").GetProperty(reason).GetInt64());
        }

        Assert.Equal((400, "campaign.unknown_channel", "channel"), await host.Marketer.GetAsync($"{Path}/{segment}/count?channel=fax").ProblemAsync());
    }

    [Fact]
    public async Task The_catalogue_has_every_field_and_operator_in_both_languages()
    {
        var fields = (await host.Marketer.GetAsync("/api/campaign/v1/segment-fields").OkJsonAsync()).EnumerateArray().ToArray();
        var operators = (await host.Marketer.GetAsync("/api/campaign/v1/segment-operators").OkJsonAsync()).EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);

        Assert.All(fields.Concat(operators.Values), item => Assert.All(new[] { "id", "en" }, language => Assert.NotEmpty(item.GetProperty("label").GetProperty(language).GetString()!)));
        Assert.All(fields.SelectMany(field => field.GetProperty("operators").EnumerateArray()), name => Assert.Contains(name.GetString()!, operators));
        Assert.Contains(fields, field => field.GetProperty("name").GetString() == "custom.date.*");
        Assert.Equal(fields.Length, fields.Select(field => field.GetProperty("name").GetString()).Distinct().Count());
    }

    private static object Tagged(string tag) => new { field = "tags", op = "contains", value = tag };

    private static object Cities(int count) => new { any = Enumerable.Repeat(new { field = "city", op = "eq", value = "x" }, count).ToArray() };

    private async Task<Guid> SaveAsync(string name, object criteria) =>
        (await host.Marketer.PostAsync(Path, new { name, criteria }).OkJsonAsync()).GetProperty("id").GetGuid();

    private async Task<long> CountAsync(Guid segment) => (await host.Marketer.GetAsync($"{Path}/{segment}/count").OkJsonAsync()).GetProperty("matching").GetInt64();
}
