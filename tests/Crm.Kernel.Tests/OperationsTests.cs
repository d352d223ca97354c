using System.Net;
using System.Text.Json;
using Crm.Kernel.Sample;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Kernel.Tests;

/// <summary>What every service tells the operations desk, and what it lets it do.</summary>
public sealed class OperationsTests(SampleHost host) : IClassFixture<SampleHost>
{
    private const string Api = "/api/sample/v1/operations";
    private static readonly Ids Ids = new(TimeProvider.System);

    [Fact]
    public async Task A_dead_letter_that_is_replayed_takes_effect_once_and_one_that_fails_again_waits_again()
    {
        await RefuseAsync("mended later");
        var note = await host.WriteAsync("mended later");
        var letter = await LetterAsync(note);
        Assert.Equal("Crm.Kernel.Sample.NoteWritten", letter.GetProperty("messageType").GetString());
        Assert.Equal("sample-note-written", letter.GetProperty("queue").GetString());
        Assert.Contains("refused on purpose", letter.GetProperty("error").GetString(), StringComparison.Ordinal);
        var whole = await Ops().GetAsync($"{Api}/dead-letters/{letter.GetProperty("id").GetGuid()}").OkJsonAsync();
        Assert.Equal(note, JsonElement.Parse(whole.GetProperty("body").GetString()!).GetProperty("message").GetProperty("noteId").GetGuid());
        Assert.Contains("PostgresException", whole.GetProperty("stack").GetString(), StringComparison.Ordinal);

        // Still refused: it comes back, the same letter.
        Assert.Equal((1, 0, 0), await ReplayAsync(letter));
        await Eventually.Holds(async () => Assert.Equal(2, (await LetterAsync(note)).GetProperty("failures").GetInt32()));
        Assert.Equal(letter.GetProperty("id").GetGuid(), (await LetterAsync(note)).GetProperty("id").GetGuid());
        Assert.Equal(0, await host.CountAsync(note));

        await host.ExecuteAsync("DROP TRIGGER refused ON note_counts");
        Assert.Equal((1, 0, 0), await ReplayAsync(letter));
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(note)));
        // Nobody can replay what is decided.
        Assert.Equal((0, 0, 1), await ReplayAsync(letter));
        whole = await Ops().GetAsync($"{Api}/dead-letters/{letter.GetProperty("id").GetGuid()}").OkJsonAsync();
        Assert.Equal("replayed", whole.GetProperty("state").GetString());
        Assert.Equal("", whole.GetProperty("body").GetString());
        Assert.Equal(["replayed", "replayed"], whole.GetProperty("decisions").EnumerateArray().Select(decision => decision.GetProperty("action").GetString()));

        // The message once more, as a broker's copy: the inbox knows it.
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq);
        await probe.PublishAsync(new NoteWritten(Guid.Empty, DateTimeOffset.UnixEpoch, note, "mended later", 1), letter.GetProperty("messageId").GetGuid());
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("sample-note-written")));
        Assert.Equal(1, await host.CountAsync(note));
    }

    [Fact]
    public async Task A_dead_letter_is_given_up_with_a_reason_or_not_at_all()
    {
        await RefuseAsync("never right");
        var note = await host.WriteAsync("never right");
        var letter = await LetterAsync(note);
        var ids = new[] { letter.GetProperty("id").GetGuid() };
        Assert.Equal((400, "operations.reason_invalid", "reason"), await Ops().PostAsync($"{Api}/dead-letters/discard", new { ids, reason = " x " }).ProblemAsync());
        Assert.Equal((400, "operations.ids_invalid", "ids"), await Ops().PostAsync($"{Api}/dead-letters/discard", new { ids = Array.Empty<Guid>(), reason = "its record is gone" }).ProblemAsync());
        var answer = await Ops().PostAsync($"{Api}/dead-letters/discard", new { ids, reason = "its record is gone" }).OkJsonAsync();
        Assert.Equal(1, answer.GetProperty("discarded").GetInt32());
        Assert.Equal((0, 0, 1), await ReplayAsync(letter));
        var whole = await Ops().GetAsync($"{Api}/dead-letters/{ids[0]}").OkJsonAsync();
        var decision = whole.GetProperty("decisions")[0];
        Assert.Equal(("discarded", "its record is gone"), (decision.GetProperty("action").GetString(), decision.GetProperty("reason").GetString()));
        Assert.StartsWith("user-", decision.GetProperty("decidedBy").GetString(), StringComparison.Ordinal);
        Assert.Equal("", whole.GetProperty("body").GetString());
    }

    [Fact]
    public async Task A_letter_is_kept_whatever_its_failure_says()
    {
        // The reason is cut in the middle of a pair of surrogates.
        await RefuseAsync("says much", "repeat('x', 1992) || repeat('\U0001F600', 30)");
        var note = await host.WriteAsync("says much");
        var error = (await LetterAsync(note)).GetProperty("error").GetString()!;
        Assert.EndsWith("\uFFFD", error, StringComparison.Ordinal);
        Assert.Equal(2_000, error.Length);
    }

    [Fact]
    public async Task What_failed_a_month_ago_is_not_replayed()
    {
        var id = Ids.Next();
        await host.ExecuteAsync(
            """
            INSERT INTO dead_letters (id, queue, message_id, message_type, body, error_type, error, stack, first_failed_at, failed_at)
            VALUES (@id, 'sample-note-written', @id, 'Old', '{}', 'Error', 'old', '', now() - interval '31 days', now())
            """,
            new { id });
        var answer = await Ops().PostAsync($"{Api}/dead-letters/replay", new { ids = new[] { id } }).OkJsonAsync();
        Assert.Equal((0, 1), (answer.GetProperty("replayed").GetInt32(), answer.GetProperty("tooOld").GetInt32()));
        Assert.Equal("waiting", await host.QueryAsync<string>("SELECT state FROM dead_letters WHERE id = @id", new { id }));
    }

    [Fact]
    public async Task A_replay_to_a_queue_that_is_gone_is_refused_and_the_letter_waits()
    {
        var id = Ids.Next();
        await host.ExecuteAsync(
            """
            INSERT INTO dead_letters (id, queue, message_id, message_type, body, error_type, error, stack, first_failed_at, failed_at)
            VALUES (@id, 'sample-gone', @id, 'Gone', '{}', 'Error', 'gone', '', now(), now())
            """,
            new { id });
        Assert.Equal((503, "operations.broker_away", null), await Ops().PostAsync($"{Api}/dead-letters/replay", new { ids = new[] { id } }).ProblemAsync());
        Assert.Equal("waiting", await host.QueryAsync<string>("SELECT state FROM dead_letters WHERE id = @id", new { id }));
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM dead_letter_decisions WHERE dead_letter_id = @id", new { id }));
    }

    [Fact]
    public async Task The_state_of_queues_and_outbox_is_told()
    {
        var id = Ids.Next();
        await host.ExecuteAsync(
            """
            INSERT INTO outbox (id, type, payload, headers, occurred_at, attempts, next_attempt_at, last_error)
            VALUES (@id, 'Sample.Refused', '{}', '{}', now() - interval '90 seconds', 3, now() + interval '1 hour', 'no queue takes it'),
                (gen_random_uuid(), 'Sample.Later', '{}', '{}', now(), 0, now() + interval '1 hour', NULL)
            """,
            new { id });
        try
        {
            await Eventually.Holds(async () =>
            {
                var state = await Ops().GetAsync(Api).OkJsonAsync();
                var queue = state.GetProperty("queues").EnumerateArray().Single(queue => queue.GetProperty("name").GetString() == "sample-note-written");
                Assert.True(queue.GetProperty("exists").GetBoolean());
                Assert.Equal(1, queue.GetProperty("consumers").GetInt32());
                var outbox = state.GetProperty("outbox");
                Assert.Equal((1, 1), (outbox.GetProperty("pending").GetInt64(), outbox.GetProperty("scheduled").GetInt64()));
                Assert.InRange(outbox.GetProperty("lagSeconds").GetDouble(), 89, 150);
                var failing = Assert.Single(outbox.GetProperty("failing").EnumerateArray());
                Assert.Equal(("Sample.Refused", "no queue takes it", 3), (failing.GetProperty("type").GetString(), failing.GetProperty("error").GetString(), failing.GetProperty("attempts").GetInt32()));
            });
        }
        finally
        {
            await host.ExecuteAsync("DELETE FROM outbox WHERE type LIKE 'Sample.%'");
        }
    }

    [Fact]
    public async Task Jobs_are_paged_newest_first()
    {
        for (var i = 0; i < 5; i++) await host.WriteAsync($"job {i}");
        var (seen, cursor) = (new List<(DateTimeOffset CreatedAt, Guid Id)>(), "");
        do
        {
            var page = await Ops().GetAsync($"{Api}/jobs?limit=2{cursor}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(job => (job.GetProperty("createdAt").GetDateTimeOffset(), job.GetProperty("id").GetGuid())));
            cursor = page.GetProperty("nextCursor").GetString() is { } next ? "&cursor=" + next : null;
        }
        while (cursor is not null);
        Assert.Equal(await host.QueryAsync<long>("SELECT count(*) FROM notes"), seen.Count);
        Assert.Equal(seen.Select(job => job.CreatedAt).OrderDescending(), seen.Select(job => job.CreatedAt));
        Assert.Empty((await Ops().GetAsync($"{Api}/jobs?state=failed").OkJsonAsync()).GetProperty("items").EnumerateArray());
        Assert.Equal((400, "operations.unknown_state", "state"), await Ops().GetAsync($"{Api}/jobs?state=lost").ProblemAsync());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/jobs")]
    [InlineData("GET", "/dead-letters")]
    [InlineData("GET", "/dead-letters/00000000-0000-0000-0000-000000000000")]
    [InlineData("POST", "/dead-letters/replay")]
    [InlineData("POST", "/dead-letters/discard")]
    public async Task Nobody_else_may(string method, string path)
    {
        var client = host.ClientFor([.. Roles.Staff.Except([Roles.Ops])]);
        var answer = method == "GET" ? await client.GetAsync(Api + path) : await client.PostAsync(Api + path, new { ids = new[] { Guid.Empty }, reason = "because" });
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private HttpClient Ops() => host.ClientFor(Roles.Ops);

    private Task RefuseAsync(string text, string reason = "'refused on purpose'") => host.ExecuteAsync(
        $"""
        CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', {reason}; END $$;
        DROP TRIGGER IF EXISTS refused ON note_counts;
        CREATE TRIGGER refused BEFORE INSERT ON note_counts FOR EACH ROW WHEN (NEW.text = '{text}') EXECUTE FUNCTION refuse();
        """);

    private async Task<JsonElement> LetterAsync(Guid note)
    {
        JsonElement found = default;
        await Eventually.Holds(
            async () =>
            {
                var id = await host.QueryAsync<Guid>("SELECT coalesce((SELECT id FROM dead_letters WHERE state = 'waiting' AND convert_from(body, 'UTF8') LIKE @note), @none)", new { note = $"%{note}%", none = Guid.Empty });
                Assert.NotEqual(Guid.Empty, id);
                found = (await Ops().GetAsync($"{Api}/dead-letters?queue=sample-note-written").OkJsonAsync()).GetProperty("items").EnumerateArray().Single(letter => letter.GetProperty("id").GetGuid() == id);
            },
            TimeSpan.FromSeconds(30));
        return found;
    }

    private async Task<(int Replayed, int TooOld, int NotWaiting)> ReplayAsync(JsonElement letter)
    {
        var answer = await Ops().PostAsync($"{Api}/dead-letters/replay", new { ids = new[] { letter.GetProperty("id").GetGuid() } }).OkJsonAsync();
        return (answer.GetProperty("replayed").GetInt32(), answer.GetProperty("tooOld").GetInt32(), answer.GetProperty("notWaiting").GetInt32());
    }
}
