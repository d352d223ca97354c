using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Campaign.Tests.Segments;

[Collection(CampaignCollection.Name)]
public sealed class SegmentTests(CampaignHost host)
{
    [Theory]
    [InlineData("""{"field":"shoeSize","op":"eq","value":42}""", "campaign.unknown_field", "criteria.field")]
    [InlineData("""{"all":[{"field":"city","op":"eq","value":"Bandung"},{"field":"nope","op":"eq","value":1}]}""", "campaign.unknown_field", "criteria.all[1].field")]
    [InlineData("""{"not":{"any":[{"field":"purchaseCount","op":"gte","value":"two"}]}}""", "campaign.criteria_value", "criteria.not.any[0].value")]
    [InlineData("""{"field":"pAlive","op":"lt","value":1e400}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"city","op":"eq","value":"a\u0000b"}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"birthDate","op":"lt","value":"2026-02-30"}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"isMember","op":"gt","value":true}""", "campaign.unknown_operator", "criteria.op")]
    [InlineData("""{"field":"city","op":"eq","value":"x","sql":"1=1"}""", "campaign.criteria_malformed", "criteria.sql")]
    [InlineData("""{"any":[]}""", "campaign.criteria_malformed", "criteria.any")]
    [InlineData("""{"not":{"not":{"not":{"not":{"not":{"not":{"field":"city","op":"eq","value":"x"}}}}}}}""", "campaign.criteria_too_deep", "criteria.not.not.not.not.not.not")]
    public async Task A_criterion_that_cannot_be_asked_is_refused_with_its_place(string criteria, string code, string field)
    {
        var before = await host.QueryAsync<long>("SELECT count(*) FROM segments");

        Assert.Equal((422, code, field), await host.Marketer.PostAsync("/api/campaign/v1/segments", $$"""{"name":"s","criteria":{{criteria}}}""").ProblemAsync());
        Assert.Equal((422, code, field), await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", $$"""{"criteria":{{criteria}}}""").ProblemAsync());
        Assert.Equal(before, await host.QueryAsync<long>("SELECT count(*) FROM segments"));
    }

    [Fact]
    public async Task More_than_two_hundred_comparisons_are_refused()
    {
        var clause = """{"field":"city","op":"eq","value":"x"}""";
        var criteria = $$"""{"any":[{{string.Join(',', Enumerable.Repeat(clause, 201))}}]}""";

        Assert.Equal(
            (422, "campaign.criteria_too_long", "criteria.any[200]"),
            await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", $$"""{"criteria":{{criteria}}}""").ProblemAsync());
    }

    [Fact]
    public async Task What_would_be_sql_is_a_text_like_any_other()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 2);
        var criteria = new { all = new object[] { new { field = "tags", op = "contains", value = tag }, new { field = "city", op = "eq", value = "' OR 1=1; DROP TABLE audience; --" } } };

        var preview = await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", new { criteria }).OkJsonAsync();

        Assert.Equal(0, preview.GetProperty("matching").GetInt64());
    }

    [Fact]
    public async Task A_preview_counts_samples_and_says_who_is_excluded_why()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 15, number => CampaignHost.Customer(tag, number, consent: number != 0) with { Email = number == 1 ? null : $"{tag}{number}@example.com" });
        await using (var connection = await host.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("INSERT INTO suppressions VALUES (@id, 'email', 'complaint', NULL, now())", new { id = customers[2].CustomerId });
        }

        var preview = await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", new { criteria = new { field = "tags", op = "contains", value = tag } }).OkJsonAsync();

        Assert.Equal((15, 12), (preview.GetProperty("matching").GetInt64(), preview.GetProperty("reachable").GetInt64()));
        var excluded = preview.GetProperty("excluded");
        Assert.Equal((1, 1, 1), (excluded.GetProperty("no_consent").GetInt64(), excluded.GetProperty("no_email").GetInt64(), excluded.GetProperty("suppressed").GetInt64()));
        Assert.Equal(10, preview.GetProperty("sample").GetArrayLength());
    }

    [Fact]
    public async Task A_segment_is_saved_read_changed_under_its_version_and_counted()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 3);
        var created = await host.Marketer.PostAsync("/api/campaign/v1/segments", new { name = "A", criteria = new { field = "city", op = "eq", value = tag } }).OkJsonAsync();
        var path = "/api/campaign/v1/segments/" + created.GetProperty("id").GetGuid();
        var change = new { name = "B", criteria = new { field = "tags", op = "contains", value = tag } };

        Assert.Equal(0, (await host.Marketer.GetAsync(path + "/count").OkJsonAsync()).GetProperty("matching").GetInt64());
        Assert.Equal(2, (await host.Marketer.PutAsync(path, change, 1).OkJsonAsync()).GetProperty("version").GetInt64());
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync(path, change, 1).ProblemAsync());
        Assert.Equal(3, (await host.Marketer.GetAsync(path + "/count").OkJsonAsync()).GetProperty("matching").GetInt64());
        Assert.Equal("B", (await host.Marketer.GetAsync(path).OkJsonAsync()).GetProperty("name").GetString());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PutAsync(path, change, 2).ProblemAsync());
    }
}
