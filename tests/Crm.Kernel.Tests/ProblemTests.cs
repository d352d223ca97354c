using System.Net;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Kernel.Tests;

public sealed class DevelopmentProblemTests(SampleHost host) : ProblemTests(host), IClassFixture<SampleHost>;

public sealed class ProductionProblemTests(ProductionHost host) : ProblemTests(host), IClassFixture<ProductionHost>;

/// <summary>Bad input is the same 4xx problem in every environment, names the member, and stores nothing.</summary>
public abstract class ProblemTests(SampleHost host)
{
    [Theory]
    [InlineData("{", 400, "request.malformed", null)]
    [InlineData("", 400, "request.malformed", null)]
    [InlineData("[]", 400, "request.malformed", null)]
    [InlineData("""{"text":"x","colour":"red"}""", 400, "request.unknown_field", "colour")]
    [InlineData("""{"text":7}""", 400, "request.malformed", "text")]
    [InlineData("""{"text":"x","stars":"3"}""", 400, "request.malformed", "stars")]
    [InlineData("""{"text":"x","stars":1.5}""", 400, "request.malformed", "stars")]
    [InlineData("""{"text":"x","stars":1e400}""", 400, "request.malformed", "stars")]
    [InlineData("""{"text":"x","text":"y"}""", 400, "request.malformed", "text")]
    [InlineData("""{"stars":3}""", 400, "request.missing_field", "text")]
    [InlineData("""{"text":""}""", 400, "request.invalid", "text")]
    [InlineData("""{"text":"x","stars":9}""", 400, "request.invalid", "stars")]
    [InlineData("""{"text":"forbidden"}""", 422, "sample.forbidden_word", "text")]
    public async Task Bad_bodies(string body, int status, string code, string? field)
    {
        var before = await host.QueryAsync<long>("SELECT count(*) FROM notes");
        Assert.Equal((status, code, field), await host.Writer().PostAsync(SampleHost.Notes, body).ProblemAsync());
        Assert.Equal(before, await host.QueryAsync<long>("SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task Every_problem_has_a_type_trace_and_no_internals()
    {
        using var response = await host.Writer().PostAsync(SampleHost.Notes, "{");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var body = await response.JsonAsync();
        Assert.True(body.TryGetProperty("traceId", out _));
        Assert.False(body.TryGetProperty("exception", out _));
        Assert.DoesNotContain(" at ", body.GetRawText());
    }

    [Fact]
    public async Task Unknown_routes_methods_and_media_types()
    {
        var writer = host.Writer();
        Assert.Equal((404, "request.not_found", null), await writer.GetAsync("/api/sample/v1/nothing").ProblemAsync());
        Assert.Equal((405, "request.method_not_allowed", null), await writer.DeleteAsync(SampleHost.Notes).ProblemAsync());
        Assert.Equal((404, "sample.note_not_found", null), await writer.GetAsync($"{SampleHost.Notes}/{Guid.Empty}").ProblemAsync());
        using var text = new StringContent("{}", System.Text.Encoding.UTF8, "text/plain");
        text.Headers.Add("X", "y");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await writer.PostAsync(SampleHost.Notes, text)).StatusCode);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1000000", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("cursor=forged", "cursor")]
    [InlineData("cursor=eyJJZCI6MX0", "cursor")]
    public async Task Bad_paging(string query, string field)
    {
        var (status, _, at) = await host.ClientFor(Roles.Viewer).GetAsync($"{SampleHost.Notes}?{query}").ProblemAsync();
        Assert.Equal((400, field), (status, at));
    }

    [Fact]
    public async Task Pages_show_every_row_once()
    {
        var written = new HashSet<Guid>();
        for (var i = 0; i < 7; i++) written.Add(await host.WriteAsync($"page {i}"));
        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await host.ClientFor(Roles.Viewer).GetAsync($"{SampleHost.Notes}?limit=3{(cursor is null ? "" : "&cursor=" + cursor)}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Subset(seen.ToHashSet(), written);
    }

    [Fact]
    public async Task Two_writers_one_gets_412_and_a_missing_version_428()
    {
        var writer = host.Writer();
        var id = await host.WriteAsync("contended");
        var path = $"{SampleHost.Notes}/{id}";
        var answers = await Task.WhenAll(writer.PutAsync(path, new { text = "first" }, 1), writer.PutAsync(path, new { text = "second" }, 1));
        Assert.Equal([200, 412], answers.Select(answer => (int)answer.StatusCode).Order());
        var winner = await answers.Single(answer => answer.IsSuccessStatusCode).JsonAsync();
        var stored = await writer.GetAsync(path).OkJsonAsync();
        Assert.Equal(winner.GetProperty("text").GetString(), stored.GetProperty("text").GetString());
        Assert.Equal(2, stored.GetProperty("version").GetInt64());
        using var body = new StringContent("{\"text\":\"blind\"}", System.Text.Encoding.UTF8, "application/json");
        Assert.Equal((428, "request.precondition_required", "If-Match"), await writer.PutAsync(path, body).ProblemAsync());
    }
}
