using System.Globalization;
using System.Text;
using Crm.Campaign.Domain.Planning;
using Crm.Campaign.Tests.Journeys;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Management;

public sealed class CalendarTests(ManagementHost host) : IClassFixture<ManagementHost>
{
    [Fact]
    public async Task The_calendar_shows_what_is_planned_and_where_it_collides()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 1);
        var first = await host.CreateCampaignAsync(tag);
        var second = await CloneAsync(first, tag + " again");
        await host.PlanAsync(first, new { launch = new { local = "2029-03-01T09:00", zone = "Asia/Jakarta" } });
        await host.PlanAsync(second, new { launch = new { at = "2029-03-05T20:00:00Z" } }); // the sixth in Jakarta
        await host.ActAsync(first, "schedule");
        var activity = await host.Marketer.PostAsync("/api/campaign/v1/activities", new { name = tag, channel = "radio", firstDay = "2029-02-20", lastDay = "2029-03-02", currency = "IDR", plannedCost = 5 }).OkJsonAsync();
        var task = (await host.Marketer.PostAsync(ManagementHost.Path(first, "/tasks"), new { title = tag, dueOn = "2029-02-28" }).OkJsonAsync()).GetProperty("tasks")[0];
        var blackout = await host.Marketer.PostAsync("/api/campaign/v1/calendar/days", new { kind = "blackout", name = "Tutup buku", firstDay = "2029-03-06", lastDay = "2029-03-07" }).OkJsonAsync();

        var calendar = await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-02-28&to=2029-03-31").OkJsonAsync();

        var entries = calendar.GetProperty("entries").EnumerateArray().Select(entry => $"{entry.GetProperty("kind").GetString()} {entry.GetProperty("id").GetGuid()} {entry.GetProperty("firstDay").GetString()}");
        Assert.Equal(
            [
                $"activity {activity.GetProperty("id").GetGuid()} 2029-02-20", $"task {task.GetProperty("id").GetGuid()} 2029-02-28", $"scheduled {first} 2029-03-01",
                $"blackout {blackout.GetProperty("id").GetGuid()} 2029-03-06", $"campaign {second} 2029-03-06",
            ],
            entries);
        var conflicts = calendar.GetProperty("conflicts").EnumerateArray().Select(conflict => $"{conflict.GetProperty("kind").GetString()} {conflict.GetProperty("campaignId").GetGuid()} {conflict.GetProperty("otherId").GetGuid()}").Order();
        Assert.Equal(new[] { $"segment {second} {first}", $"blackout {second} {blackout.GetProperty("id").GetGuid()}" }.Order(), conflicts);
        var apart = await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-02-28&to=2029-03-31&days=4").OkJsonAsync();
        Assert.DoesNotContain(apart.GetProperty("conflicts").EnumerateArray(), conflict => conflict.GetProperty("kind").GetString() == "segment");
        Assert.Equal((400, "campaign.period_invalid", "to"), await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-03-02&to=2029-03-01").ProblemAsync());
        Assert.Equal((400, "campaign.unknown_zone", "zone"), await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-03-02&to=2029-03-03&zone=Asia/Bandung").ProblemAsync());
    }

    [Fact]
    public async Task Campaigns_to_different_segments_of_the_same_people_collide_and_those_to_others_do_not()
    {
        var (all, some, others) = (CampaignHost.NewTag(), CampaignHost.NewTag(), CampaignHost.NewTag());
        await host.RegisterAsync(all, 10, number => CampaignHost.Customer(all, number) with { Tags = number < 4 ? [all, some] : [all] });
        await host.RegisterAsync(others, 2);
        var launches = new Dictionary<string, Guid>();
        foreach (var (tag, day) in new[] { (all, "2029-05-01"), (some, "2029-05-03"), (others, "2029-05-04") })
        {
            launches[tag] = await host.CreateCampaignAsync(tag);
            await host.PlanAsync(launches[tag], new { launch = new { at = $"{day}T03:00:00Z" } });
        }

        var calendar = await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-04-30&to=2029-05-31").OkJsonAsync();
        Assert.True(calendar.GetProperty("audiencesCompared").GetBoolean());
        var conflict = Assert.Single(calendar.GetProperty("conflicts").EnumerateArray(), conflict => conflict.GetProperty("kind").GetString() is "audience" or "segment");
        Assert.Equal(
            ("audience", launches[some], launches[all], 4, 100.0, "2029-05-03"),
            (conflict.GetProperty("kind").GetString(), conflict.GetProperty("campaignId").GetGuid(), conflict.GetProperty("otherId").GetGuid(), conflict.GetProperty("shared").GetInt64(), conflict.GetProperty("sharedPercent").GetDouble(), conflict.GetProperty("day").GetString()));

        // A day between them is enough, or a higher share asked for.
        var apart = await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-04-30&to=2029-05-31&days=1").OkJsonAsync();
        Assert.DoesNotContain(apart.GetProperty("conflicts").EnumerateArray(), found => found.GetProperty("kind").GetString() == "audience");
        Assert.Equal((400, "campaign.percent_invalid", "overlapPercent"), await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2029-04-30&to=2029-05-31&overlapPercent=0").ProblemAsync());
    }

    [Fact]
    public async Task A_week_with_sixteen_campaigns_is_compared_pair_by_pair()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 4);
        var campaigns = new HashSet<Guid>();
        for (var number = 0; number < 16; number++)
        {
            var campaign = await host.CreateCampaignAsync(tag);
            await host.PlanAsync(campaign, new { launch = new { at = $"2030-05-01T{number:00}:30:00Z" } });
            campaigns.Add(campaign);
        }

        var calendar = await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2030-05-01&to=2030-05-07").OkJsonAsync();

        Assert.True(calendar.GetProperty("audiencesCompared").GetBoolean());
        var pairs = calendar.GetProperty("conflicts").EnumerateArray().Where(conflict => conflict.GetProperty("kind").GetString() == "audience" && conflict.GetProperty("shared").GetInt64() == 4)
            .Select(conflict => (conflict.GetProperty("campaignId").GetGuid(), conflict.GetProperty("otherId").GetGuid())).Where(pair => campaigns.Contains(pair.Item1) && campaigns.Contains(pair.Item2));
        Assert.Equal(16 * 15 / 2, pairs.Count());
    }

    [Fact]
    public async Task The_calendar_says_what_running_journeys_will_send()
    {
        var (tag, today) = (CampaignHost.NewTag(), DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
        var (soon, year) = (today.AddDays(5), today.AddDays(5).Year);
        await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, number) with
        {
            // Two on that day, in any year before; the third was born on it this year, and has no birthday yet.
            BirthDate = number < 2 ? soon.AddYears(-28 - number * 4) : new DateOnly(year, soon.Month, soon.Day),
        });
        var text = await host.CreateTextAsync(tag);
        var birthday = await host.StartJourneyAsync(tag, JourneyDriver.Definition(
            $$"""{"on":"date","field":"birthDate","criteria":{{JourneyDriver.Tagged(tag)}}}""", "s", JourneyDriver.Send("s", text, "x"), JourneyDriver.Exit));
        var asked = await host.StartJourneyAsync(tag + "-2", JourneyDriver.Definition(JourneyDriver.Manual(tag), "s", JourneyDriver.Send("s", text, "x"), JourneyDriver.Exit));
        await host.EnterAsync(asked, await host.ListAsync<Guid>("SELECT customer_id FROM audience WHERE tags @> ARRAY[@tag]", new { tag }));
        await Eventually.Holds(async () => Assert.Equal(3, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @asked AND state = 'exited'", new { asked })));

        var calendar = await host.Marketer.GetAsync($"/api/campaign/v1/calendar?from={today.AddDays(-3):yyyy-MM-dd}&to={today.AddDays(20):yyyy-MM-dd}&zone=UTC").OkJsonAsync();

        var journeys = calendar.GetProperty("journeys").EnumerateArray().ToDictionary(journey => journey.GetProperty("journeyId").GetGuid());
        var day = Assert.Single(journeys[birthday].GetProperty("days").EnumerateArray());
        Assert.Equal(("dates", soon.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), 2), (journeys[birthday].GetProperty("basis").GetString(), day.GetProperty("day").GetString(), day.GetProperty("messages").GetInt64()));
        Assert.Equal(("rate", 3.0), (journeys[asked].GetProperty("basis").GetString(), journeys[asked].GetProperty("perDay").GetDouble()));
        await host.EndAllAsync();
    }

    [Fact]
    public async Task Holidays_are_there_and_can_be_changed()
    {
        var day = await host.Marketer.PostAsync("/api/campaign/v1/calendar/days", new { kind = "holiday", name = "Nyepi", firstDay = "2028-03-25", lastDay = "2028-03-26" }).OkJsonAsync();
        var path = $"/api/campaign/v1/calendar/days/{day.GetProperty("id").GetGuid()}";
        var changed = await host.Marketer.PutAsync(path, new { kind = "holiday", name = "Nyepi", firstDay = "2028-03-26", lastDay = "2028-03-26" }, 1).OkJsonAsync();
        Assert.Equal("2028-03-26", changed.GetProperty("firstDay").GetString());
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync(path, new { kind = "holiday", name = "Nyepi", firstDay = "2028-03-26", lastDay = "2028-03-26" }, 1).ProblemAsync());
        Assert.Equal((422, "campaign.period_invalid", "lastDay"), await host.Marketer.PutAsync(path, new { kind = "holiday", name = "N", firstDay = "2028-03-26", lastDay = "2028-03-25" }, 2).ProblemAsync());

        var year = await host.Marketer.GetAsync("/api/campaign/v1/calendar?from=2028-03-01&to=2028-12-31").OkJsonAsync();
        Assert.Equal(
            ["Nyepi", "Hari Buruh", "Hari Lahir Pancasila", "Hari Kemerdekaan", "Natal"],
            year.GetProperty("entries").EnumerateArray().Where(entry => entry.GetProperty("kind").GetString() == "holiday").Select(entry => entry.GetProperty("title").GetString()));
        Assert.True((await host.Marketer.DeleteAsync(path)).IsSuccessStatusCode);
        Assert.Equal((404, "campaign.special_day_not_found", null), await host.Marketer.DeleteAsync(path).ProblemAsync());
    }

    [Fact]
    public async Task A_personal_address_gives_the_calendar_with_the_persons_own_tasks_until_it_is_replaced()
    {
        var (me, tag) = (TestKeys.Person(Roles.Marketer), CampaignHost.NewTag());
        var client = host.ClientFor(me);
        await host.RegisterAsync(tag, 1);
        var campaign = await host.CreateCampaignAsync(tag);
        var soon = TimeProvider.System.GetUtcNow().AddDays(10);
        await host.PlanAsync(campaign, new { launch = new { at = soon } });
        foreach (var (title, assignee) in new[] { ("mine; " + tag, me.Subject), ("theirs " + tag, "another") })
        {
            await client.PostAsync(ManagementHost.Path(campaign, "/tasks"), new { title, assignee, dueOn = soon.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) }).OkJsonAsync();
        }

        var url = new Uri((await client.PostAsync("/api/campaign/v1/calendar/feed", new { }).OkJsonAsync()).GetProperty("url").GetString()!).AbsolutePath;
        var response = await host.Anonymous().GetAsync(url);
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/calendar", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains($"SUMMARY:{tag}\r\n", text, StringComparison.Ordinal);
        Assert.Contains($"DTSTART:{soon.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}\r\n", text, StringComparison.Ordinal);
        Assert.Contains($"SUMMARY:mine\\; {tag}\r\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("theirs", text, StringComparison.Ordinal);

        await client.PostAsync("/api/campaign/v1/calendar/feed", new { }).OkJsonAsync();
        Assert.Equal((404, "campaign.link_not_found", null), await host.Anonymous().GetAsync(url).ProblemAsync());
        Assert.Equal((404, "campaign.link_not_found", null), await host.Anonymous().GetAsync("/p/calendar/x.ics").ProblemAsync());
    }

    [Fact]
    public void Lines_of_a_feed_are_folded_at_75_octets_and_say_the_same_unfolded()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), title =>
        {
            var clean = new string([.. title.Get.Where(character => !char.IsControl(character) && !char.IsSurrogate(character) && character is not '\u2028' and not '\u2029' and not '\u0085')]) + new string('é', 60);
            var text = CalendarWriter.Write("c", [new CalendarEvent("u", clean, "task", null, null, new DateOnly(2026, 1, 1), new DateOnly(2026, 1, 2))], DateTimeOffset.UnixEpoch);
            var lines = text.Split("\r\n");
            var summary = text.Replace("\r\n ", "", StringComparison.Ordinal).Split("\r\n").Single(line => line.StartsWith("SUMMARY:", StringComparison.Ordinal))["SUMMARY:".Length..];
            return lines.All(line => Encoding.UTF8.GetByteCount(line) <= 75)
                && summary.Replace("\\,", ",", StringComparison.Ordinal).Replace("\\;", ";", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal) == clean
                && text.Contains("DTEND;VALUE=DATE:20260103\r\n", StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Campaigns_to_a_segment_collide_exactly_when_too_few_days_lie_between_them()
    {
        var (one, other) = (CampaignHost.NewId(), CampaignHost.NewId());
        var sends = from segment in Gen.Elements(one, other) from start in Gen.Choose(1, 60) from length in Gen.Choose(0, 9)
                    select new PlannedSend(CampaignHost.NewId(), segment, DateOnly.FromDayNumber(start), DateOnly.FromDayNumber(start + length));
        var cases = from list in sends.ArrayOf(12) from days in Gen.Choose(0, 10) select (Sends: list, days);
        Prop.ForAll(cases.ToArbitrary(), example =>
        {
            var expected = from a in example.Sends from b in example.Sends
                           where a.CampaignId.CompareTo(b.CampaignId) < 0 && a.SegmentId == b.SegmentId
                               && Math.Max(a.FirstDay.DayNumber, b.FirstDay.DayNumber) - (a.FirstDay <= b.FirstDay ? a : b).LastDay.DayNumber <= example.days
                           select string.Join(' ', new[] { a.CampaignId, b.CampaignId }.Order());
            var found = CalendarConflicts.Find(example.Sends, [], example.days).Select(conflict => string.Join(' ', new[] { conflict.CampaignId, conflict.OtherId }.Order()));
            return expected.Order(StringComparer.Ordinal).SequenceEqual(found.Order(StringComparer.Ordinal));
        }).QuickCheckThrowOnFailure();
    }

    private async Task<Guid> CloneAsync(Guid campaign, string name) =>
        (await host.Marketer.PostAsync(ManagementHost.Path(campaign, "/clone"), new { name }).OkJsonAsync()).GetProperty("id").GetGuid();
}
