using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class InteractionTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    private const string Api = "/api/customer/v1";

    [Fact]
    public async Task An_entry_for_a_unit_is_seen_by_that_unit_only_in_list_search_file_and_grpc()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Discreet" });
        var author = TestKeys.Person(Roles.SalesRep) with { Unit = "legal" };
        var colleague = host.ClientFor(TestKeys.Person(Roles.Viewer) with { Unit = "legal" });
        var stranger = host.ClientFor(TestKeys.Person(Roles.Viewer) with { Unit = "shop" });
        await host.ClientFor(author).PostAsync($"{Customers}/{id}/notes", new { text = "Confidential matter", visibility = "unit" }).OkJsonAsync();
        await host.ClientFor(author).PostAsync($"{Customers}/{id}/notes", new { text = "Only mine", visibility = "me" }).OkJsonAsync();
        var file = await UploadAsync(host.ClientFor(author), id, "contract.pdf", "%PDF-1.7 content"u8.ToArray(), "&visibility=unit").OkJsonAsync();

        Assert.Equal(["Only mine", "Confidential matter"], await NotesAsync(host.ClientFor(author)));
        Assert.Equal(["Confidential matter"], await NotesAsync(colleague));
        Assert.Empty(await NotesAsync(stranger));
        Assert.Empty(await NotesAsync(stranger, "&q=confidential"));
        Assert.Equal(HttpStatusCode.OK, (await colleague.GetAsync($"{Customers}/{id}/files/{file.GetProperty("id").GetGuid()}")).StatusCode);
        Assert.Equal((404, "customer.file_not_found", null), await stranger.GetAsync($"{Customers}/{id}/files/{file.GetProperty("id").GetGuid()}").ProblemAsync());

        var reads = new Crm.Customer.Contracts.V1.CustomerReads.CustomerReadsClient(host.GrpcFrom("gateway", Roles.Viewer)); // a person of another unit
        var entries = (await reads.GetTimelineAsync(new Crm.Customer.Contracts.V1.GetTimelineRequest { CustomerId = id.ToString(), Limit = 50 })).Entries;
        Assert.DoesNotContain(entries, entry => entry.Kind is "note.added" or "file.added");

        async Task<List<string?>> NotesAsync(HttpClient client, string more = "") =>
            [.. (await client.GetAsync($"{Customers}/{id}/timeline?kinds=note{more}").OkJsonAsync()).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("args").GetProperty("text").GetString())];
    }

    [Fact]
    public async Task The_timeline_is_narrowed_by_kind_service_time_and_words()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Busy" });
        await host.Rep().PostAsync($"{Customers}/{id}/activities", new { kind = "call", subject = "Warranty question", startsAt = "2026-01-05T10:00:00Z", direction = "inbound" }).OkJsonAsync();
        await host.Rep().PostAsync($"{Customers}/{id}/activities", new { kind = "meeting", subject = "Yearly review", startsAt = "2026-02-05T10:00:00Z" }).OkJsonAsync();
        Assert.Equal(["call.held"], await KindsAsync("?q=WARRANTY"));
        Assert.Equal(["meeting.held"], await KindsAsync("?kinds=meeting,case"));
        Assert.Equal(["meeting.held"], await KindsAsync("?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z"));
        Assert.Empty(await KindsAsync("?services=sales"));

        async Task<List<string?>> KindsAsync(string query) =>
            [.. (await host.GetAsync($"{Customers}/{id}/timeline{query}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("kind").GetString())];
    }

    [Fact]
    public async Task A_planned_meeting_that_was_not_held_has_both_steps_on_the_timeline()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Planned" });
        var meeting = await host.Rep().PostAsync(
            $"{Customers}/{id}/activities", new { kind = "meeting", subject = "Demo", startsAt = "2030-01-05T10:00:00Z", status = "planned", parties = new[] { new { name = "Ani", role = "required" } } }).OkJsonAsync();
        var path = $"{Customers}/{id}/activities/{meeting.GetProperty("id").GetGuid()}/status";
        await host.Rep().PutAsync(path, new { status = "notHeld" }, 1).OkJsonAsync();
        Assert.Equal((412, "customer.record_stale", null), await host.Rep().PutAsync(path, new { status = "held" }, 1).ProblemAsync());
        Assert.Equal(["meeting.notHeld", "meeting.planned"], (await host.TimelineAsync(id)).Select(entry => entry.GetProperty("kind").GetString()!).Where(kind => kind.StartsWith("meeting", StringComparison.Ordinal)));
        Assert.Equal((400, "customer.value_unknown", "parties[0].role"), await host.Rep().PostAsync(
            $"{Customers}/{id}/activities", new { kind = "call", subject = "x", startsAt = "2026-01-05T10:00:00Z", parties = new[] { new { name = "A", role = "spy" } } }).ProblemAsync());
    }

    [Fact]
    public async Task Who_is_mentioned_finds_it_and_nobody_else_can_mark_it_read()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Talked about" });
        var (one, other) = (TestKeys.Person(Roles.SalesRep), TestKeys.Person(Roles.SalesRep));
        await host.Rep().PostAsync($"{Customers}/{id}/notes", new { text = "Please call back", mentions = new[] { one.Subject } }).OkJsonAsync();
        var mention = (await host.ClientFor(one).GetAsync($"{Api}/mentions").OkJsonAsync()).GetProperty("items")[0];
        Assert.Equal(("Talked about", "Please call back"), (mention.GetProperty("customerName").GetString(), mention.GetProperty("text").GetString()));
        var path = $"{Api}/mentions/{mention.GetProperty("entryId").GetGuid()}/read";
        Assert.Equal((404, "customer.mention_not_found", null), await host.ClientFor(other).PutAsync(path, null).ProblemAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await host.ClientFor(one).PutAsync(path, null)).StatusCode);
        Assert.NotEqual(JsonValueKind.Null, (await host.ClientFor(one).GetAsync($"{Api}/mentions").OkJsonAsync()).GetProperty("items")[0].GetProperty("readAt").ValueKind);

        await host.ClientFor(one).PutAsync($"{Customers}/{id}/followers/me", null);
        await host.ClientFor(one).PutAsync($"{Customers}/{id}/followers/me", null);
        Assert.Equal(one.Subject, (await host.GetAsync($"{Customers}/{id}/followers")).EnumerateArray().Single().GetProperty("subject").GetString());
    }

    [Fact]
    public async Task A_files_type_is_what_its_bytes_say_and_it_is_a_download()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Files" });
        var html = await UploadAsync(host.Rep(), id, "a.pdf", "<html><script>alert(1)</script>"u8.ToArray()).OkJsonAsync();
        Assert.Equal("application/octet-stream", html.GetProperty("contentType").GetString());
        using var got = await host.Rep().GetAsync($"{Customers}/{id}/files/{html.GetProperty("id").GetGuid()}");
        Assert.Equal(("attachment", "nosniff"), (got.Content.Headers.ContentDisposition!.DispositionType, got.Headers.GetValues("X-Content-Type-Options").Single()));
        Assert.Equal("<html><script>alert(1)</script>", await got.Content.ReadAsStringAsync());
        var other = await host.RegisterIdAsync(new { displayName = "Other" });
        Assert.Equal((404, "customer.file_not_found", null), await host.Rep().GetAsync($"{Customers}/{other}/files/{html.GetProperty("id").GetGuid()}").ProblemAsync());
        Assert.Equal((400, "customer.file_name_invalid", "name"), await UploadAsync(host.Rep(), id, "../../etc/passwd", [1]).ProblemAsync());
        Assert.Equal((400, "customer.file_empty", null), await UploadAsync(host.Rep(), id, "empty", []).ProblemAsync());
    }

    [Fact]
    public async Task An_agreement_is_fulfilled_when_every_department_has_done_its_task()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Agreed" });
        var unit = Unique("unit");
        var agreement = await host.Rep().PostAsync($"{Customers}/{id}/agreements", new
        {
            title = "Installation", tasks = new object[] { new { unit, title = "Deliver", dueOn = "2026-12-01" }, new { unit = "technical", title = "Install" }, new { unit, title = "Train", dueOn = "2026-11-30" } },
        }).OkJsonAsync();
        var open = (await host.GetAsync($"{Api}/agreement-tasks?unit={unit}")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["Train", "Deliver"], open.Select(task => task.GetProperty("title").GetString()));

        var tasks = agreement.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("id").GetGuid()).ToList();
        await Task.WhenAll(tasks.Select(task => host.Rep().PutAsync($"{Api}/agreement-tasks/{task}", new { state = "done" }, 1)));
        Assert.Equal("fulfilled", (await host.GetAsync($"{Customers}/{id}/agreements")).GetProperty("items")[0].GetProperty("state").GetString());
        var kinds = (await host.TimelineAsync(id)).Select(entry => entry.GetProperty("kind").GetString()).ToList();
        Assert.Equal((3, 1), (kinds.Count(kind => kind == "agreement.task_done"), kinds.Count(kind => kind == "agreement.fulfilled")));
        Assert.Equal((412, "customer.record_stale", null), await host.Rep().PutAsync($"{Api}/agreement-tasks/{tasks[0]}", new { state = "open" }, 1).ProblemAsync());
    }

    [Fact]
    public async Task Silence_and_a_new_purchase_move_a_customer_each_with_its_reason()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Drifting" });
        var now = DateTimeOffset.Parse((await host.GetAsync($"{Customers}/{id}")).GetProperty("changedAt").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        await host.Bus.PublishAsync(Purchases(now.AddDays(-200), id), NewId());
        await StageAsync("New");
        var ops = host.ClientFor(Roles.Ops);
        await ops.PostAsync($"{Api}/lifecycle-sweeps", new { }).OkJsonAsync();
        await StageAsync("Lapsed");
        await ops.PostAsync($"{Api}/lifecycle-sweeps", new { }).OkJsonAsync();
        await host.Bus.PublishAsync(Purchases(now.AddHours(-1), id), NewId());
        await StageAsync("WonBack");
        var moves = (await host.TimelineAsync(id)).Where(entry => entry.GetProperty("kind").GetString() == "customer.lifecycle_changed")
            .Select(entry => entry.GetProperty("args").GetProperty("to").GetString() + " " + entry.GetProperty("args").GetProperty("reason").GetString()).ToHashSet();
        Assert.Equal(["Lapsed no_purchase", "New purchases", "WonBack bought_after_lapse"], moves.Order());
        Assert.Equal((400, "customer.out_of_range", "lapsedDays"), await ops.PutAsync($"{Api}/lifecycle-rules", new { loyalPurchases = 5, loyalDays = 90, atRiskDays = 90, lapsedDays = 90 }, 1).ProblemAsync());

        Task StageAsync(string stage) => Eventually.Holds(async () => Assert.Equal(stage, (await host.GetAsync($"{Customers}/{id}")).GetProperty("lifecycleStage").GetString()));
    }

    [Fact]
    public async Task Quality_names_what_to_fill_and_filling_it_raises_the_score()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Sparse" });
        var before = await host.GetAsync($"{Customers}/{id}/quality");
        Assert.Equal((0, 100, "phone"), (before.GetProperty("completeness").GetInt32(), before.GetProperty("freshness").GetInt32(), before.GetProperty("missing")[0].GetProperty("field").GetString()));
        await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Sparse", phone = "0812 0000 1111", email = "s@example.com" }, 1).OkJsonAsync();
        var after = await host.GetAsync($"{Customers}/{id}/quality");
        Assert.Equal(35, after.GetProperty("completeness").GetInt32());
        Assert.DoesNotContain("phone", after.GetProperty("missing").EnumerateArray().Select(missing => missing.GetProperty("field").GetString()));
        var all = await host.GetAsync($"{Api}/base-quality");
        Assert.True(all.GetProperty("customers").GetInt64() > 0);
        Assert.Contains("verifiedContact", all.GetProperty("missing").EnumerateArray().Select(missing => missing.GetProperty("field").GetString()));
    }

    private static Task<HttpResponseMessage> UploadAsync(HttpClient client, Guid id, string name, byte[] content, string query = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{Customers}/{id}/files?name={Uri.EscapeDataString(name)}{query}") { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        return client.SendAsync(request);
    }
}
