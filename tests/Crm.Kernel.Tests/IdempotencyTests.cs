using System.Net;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Kernel.Tests;

public sealed class IdempotencyTests(SampleHost host) : IClassFixture<SampleHost>
{
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task The_same_request_again_gets_the_stored_answer()
    {
        var writer = host.Writer();
        var key = Ids.Next().ToString();
        using var first = await writer.PostAsync(SampleHost.Notes, new { text = "once" }, key);
        using var second = await writer.PostAsync(SampleHost.Notes, new { text = "once" }, key);

        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM notes WHERE text = 'once'"));
    }

    [Fact]
    public async Task Fifty_at_once_take_effect_once()
    {
        var writer = host.Writer();
        var key = Ids.Next().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => writer.PostAsync(SampleHost.Notes, new { text = "raced" }, key)));

        Assert.All(answers, answer => Assert.Contains((int)answer.StatusCode, new[] { 201, 409 }));
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.All(answers.Where(answer => answer.StatusCode == HttpStatusCode.Conflict), answer => Assert.NotNull(answer.Headers.RetryAfter));
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM notes WHERE text = 'raced'"));
        Assert.Equal(HttpStatusCode.Created, (await writer.PostAsync(SampleHost.Notes, new { text = "raced" }, key)).StatusCode);
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_refused()
    {
        var writer = host.Writer();
        var key = Ids.Next().ToString();
        await writer.PostAsync(SampleHost.Notes, new { text = "body one" }, key).OkJsonAsync();
        Assert.Equal((422, "request.idempotency_key_reused", "Idempotency-Key"), await writer.PostAsync(SampleHost.Notes, new { text = "body two" }, key).ProblemAsync());
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM notes WHERE text = 'body two'"));
    }

    [Fact]
    public async Task A_post_without_a_key_is_refused()
    {
        using var content = new StringContent("{\"text\":\"keyless\"}", System.Text.Encoding.UTF8, "application/json");
        Assert.Equal((400, "request.idempotency_key_required", "Idempotency-Key"), await host.Writer().PostAsync(SampleHost.Notes, content).ProblemAsync());
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM notes WHERE text = 'keyless'"));
    }

    [Fact]
    public async Task Somebody_elses_key_is_not_mine()
    {
        var key = Ids.Next().ToString();
        await host.Writer().PostAsync(SampleHost.Notes, new { text = "theirs" }, key).OkJsonAsync();
        using var mine = await host.Writer().PostAsync(SampleHost.Notes, new { text = "mine" }, key);
        Assert.Equal(HttpStatusCode.Created, mine.StatusCode);
        Assert.False(mine.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task A_refused_request_stores_nothing_and_may_be_sent_again_mended()
    {
        var writer = host.ClientFor(TestKeys.Person(Roles.SalesRep));
        var key = Ids.Next().ToString();
        Assert.Equal((422, "sample.forbidden_word", "text"), await writer.PostAsync(SampleHost.Notes, new { text = "forbidden" }, key).ProblemAsync());
        await writer.PostAsync(SampleHost.Notes, new { text = "allowed" }, key).OkJsonAsync();
    }
}
