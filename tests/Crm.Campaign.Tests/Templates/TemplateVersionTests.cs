using System.Net.Http.Json;
using Crm.Campaign.Delivery.Templates;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class TemplateVersionTests(CampaignHost host)
{
    private const string Templates = "/api/campaign/v1/templates";

    private static object Content(string subject, string html = "<p>x</p>") => new { name = "t", contents = new { id = new { subject, html } } };

    [Fact]
    public async Task Every_version_can_be_read_compared_and_brought_back()
    {
        var template = await host.Marketer.PostAsync(Templates, Content("Satu")).OkJsonAsync();
        var path = $"{Templates}/{template.GetProperty("id").GetGuid()}";
        await host.Marketer.PutAsync(path, Content("Dua", "<p>y</p>"), 1).OkJsonAsync();

        var changes = await host.Marketer.GetAsync($"{path}/versions/2/changes?from=1").OkJsonAsync();
        Assert.Equal(
            [("contents.id.html", "<p>x</p>", "<p>y</p>"), ("contents.id.subject", "Satu", "Dua")],
            changes.GetProperty("changes").EnumerateArray().Select(change => (change.GetProperty("field").GetString(), change.GetProperty("before").GetString(), change.GetProperty("after").GetString())));

        var marketer = host.Marketer;
        marketer.DefaultRequestHeaders.TryAddWithoutValidation("If-Match", "\"2\"");
        var restored = await marketer.PostAsync($"{path}/versions/1/restore", new { }).OkJsonAsync();
        Assert.Equal((3, "Satu"), (restored.GetProperty("version").GetInt32(), restored.GetProperty("contents").GetProperty("id").GetProperty("subject").GetString()));
        Assert.Equal((412, "campaign.stale", null), await marketer.PostAsync($"{path}/versions/2/restore", new { }).ProblemAsync());
        Assert.Equal((404, "campaign.template_version_not_found", null), await host.Marketer.GetAsync($"{path}/versions/9").ProblemAsync());

        var first = await host.Marketer.GetAsync($"{path}/versions?limit=2").OkJsonAsync();
        Assert.Equal([3L, 2L], first.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("version").GetInt64()));
        var second = await host.Marketer.GetAsync($"{path}/versions?limit=2&cursor={first.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Equal([1L], second.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("version").GetInt64()));
        Assert.Equal("Dua", (await host.Marketer.GetAsync($"{path}/versions/2").OkJsonAsync()).GetProperty("contents").GetProperty("id").GetProperty("subject").GetString());
    }

    [Fact]
    public async Task A_version_is_approved_by_another_person_and_a_change_is_not_approved()
    {
        var author = TestKeys.Person(Roles.Marketer, Roles.MarketingApprover);
        var template = await host.ClientFor(author).PostAsync(Templates, Content("Satu")).OkJsonAsync();
        var path = $"{Templates}/{template.GetProperty("id").GetGuid()}";
        var approver = host.ClientFor(Roles.MarketingApprover);

        Assert.Equal((403, "campaign.four_eyes", null), await host.ClientFor(author).PostAsync($"{path}/versions/1/approve", new { }).ProblemAsync());
        Assert.Equal(403, (int)(await host.Marketer.PostAsync($"{path}/versions/1/approve", new { })).StatusCode);
        var approved = await approver.PostAsync($"{path}/versions/1/approve", new { }).OkJsonAsync();
        Assert.NotNull(approved.GetProperty("approvedBy").GetString());
        Assert.True(await host.QueryAsync<bool>("SELECT approved_at IS NOT NULL FROM template_versions WHERE template_id = @id AND version = 1", new { id = template.GetProperty("id").GetGuid() }));

        var changed = await host.ClientFor(author).PutAsync(path, Content("Dua"), 1).OkJsonAsync();
        Assert.Equal(System.Text.Json.JsonValueKind.Null, changed.GetProperty("approvedAt").ValueKind);
        Assert.Equal((409, "campaign.template_version_old", "version"), await approver.PostAsync($"{path}/versions/1/approve", new { }).ProblemAsync());
    }

    [Fact]
    public async Task A_segment_that_a_text_asks_about_has_to_exist() => Assert.Equal(
        (422, "campaign.unknown_segment", "contents"),
        await host.Marketer.PostAsync(Templates, Content("s", $$$"""<p>{{#segment "{{{CampaignHost.NewId()}}}"}}x{{/segment}}</p>""")).ProblemAsync());
}
