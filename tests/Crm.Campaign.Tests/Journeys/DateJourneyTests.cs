using System.Globalization;
using Crm.Campaign.Domain.Journeys;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Campaign.Tests.Journeys.JourneyDriver;

namespace Crm.Campaign.Tests.Journeys;

/// <summary>Dates that come round, on the real clock: "today" is what it is in the person's zone when the test runs.</summary>
[Collection(CampaignCollection.Name)]
public sealed class DateJourneyTests(CampaignHost host) : IAsyncLifetime
{
    private static readonly string[] Zones = ["Asia/Jakarta", "America/Los_Angeles", "Pacific/Kiritimati"];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.EndAllAsync();

    [Fact]
    public async Task A_birthday_is_greeted_on_the_persons_own_day_once_a_year_whatever_changes()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition($$"""{"on":"date","field":"birthDate","hour":0,"criteria":{{Tagged(tag)}}}""", "x", Exit));
        var born = Zones.SelectMany(zone => new[] { -1, 0, 1 }.Select(offset => (Zone: zone, Day: Today(zone).AddDays(offset), IsToday: offset == 0))).ToArray();
        var customers = await host.RegisterAsync(tag, born.Length, number => CampaignHost.Customer(tag, number) with
        {
            TimeZone = born[number].Zone, BirthDate = Back(born[number].Day, 30),
        });
        var expected = customers.Where((_, number) => born[number].IsToday).Select(customer => customer.CustomerId).Order().ToArray();
        await Eventually.Holds(async () => Assert.Equal(expected, await EnteredAsync(journey)));

        // Who moves to another zone, or whose birth date is corrected to today again, is greeted in this year already.
        var moved = customers.Select(customer => customer with { Version = 2, TimeZone = "Asia/Makassar", BirthDate = Back(Today("Asia/Makassar"), 20) }).ToArray();
        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, moved), CampaignHost.NewId());

        await Eventually.Holds(async () => Assert.Equal(customers.Select(customer => customer.CustomerId).Order(), await EnteredAsync(journey)));
        Assert.Equal(customers.Count, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey", new { journey }));
    }

    [Fact]
    public async Task The_anniversary_of_a_purchase_is_by_the_local_date_and_by_the_years_that_were_chosen()
    {
        var tag = CampaignHost.NewTag();
        string Anniversary(string years) => Definition($$"""{"on":"date","field":"firstPurchaseAt","hour":0{{years}},"criteria":{{Tagged(tag)}}}""", "x", Exit);
        var (first, every) = (await host.StartJourneyAsync(tag, Anniversary(""","years":1""")), await host.StartJourneyAsync(tag, Anniversary("")));
        var kiritimati = TimeZoneInfo.FindSystemTimeZoneById("Pacific/Kiritimati");
        var customers = await host.RegisterAsync(tag, 4, number => CampaignHost.Customer(tag, number) with { TimeZone = kiritimati.Id });
        var today = Today(kiritimati.Id);
        // Half past midnight there is the day before in UTC.
        DateTimeOffset At(DateOnly day) => LocalClock.Instant(day, new TimeOnly(0, 30), kiritimati);
        DateTimeOffset[] bought = [At(Back(today, 1)), At(Back(today, 3)), At(Back(today, 1).AddDays(-1)), At(today)];
        await host.Bus.PublishAsync(
            new PurchasesRecorded(CampaignHost.NewId(), Now, [.. customers.Select((customer, number) => new RecordedPurchase(
                CampaignHost.NewId(), customer.CustomerId, "shop", CampaignHost.NewId().ToString(), bought[number], "IDR", 10, []))]),
            CampaignHost.NewId());

        await Eventually.Holds(async () => Assert.Equal(Sorted(customers[0], customers[1]), await EnteredAsync(every)));
        await Eventually.Holds(async () => Assert.Equal([customers[0].CustomerId], await EnteredAsync(first)));
        Assert.Equal([today.Year.ToString(CultureInfo.InvariantCulture)], await host.ListAsync<string>("SELECT DISTINCT occasion FROM journey_entries WHERE journey_id = @every", new { every }));
    }

    [Fact]
    public async Task A_custom_date_comes_round_as_a_birthday_does_and_days_before_it()
    {
        var tag = CampaignHost.NewTag();
        var journey = await host.StartJourneyAsync(tag, Definition($$"""{"on":"date","field":"custom.wedding_day","hour":0,"daysBefore":7,"criteria":{{Tagged(tag)}}}""", "x", Exit));
        var week = Today("Asia/Jakarta").AddDays(7);
        CustomFieldState[] fields = [new("wedding_day", Date: Back(week, 12)), new("wedding_day", Date: Back(week.AddDays(-7), 12)), new("wedding_day", Text: "soon"), new("other", Date: Back(week, 12))];
        var customers = await host.RegisterAsync(tag, fields.Length, number => CampaignHost.Customer(tag, number) with { CustomFields = [fields[number]] });

        await Eventually.Holds(async () => Assert.Equal([customers[0].CustomerId], await EnteredAsync(journey)));
        Assert.Equal([week.Year.ToString(CultureInfo.InvariantCulture)], await host.ListAsync<string>("SELECT occasion FROM journey_entries WHERE journey_id = @journey", new { journey }));

        // Found by month and day, which follow the field: one is corrected to the day, another's is taken away.
        CustomerSnapshot[] changed = [customers[1] with { Version = 2, CustomFields = [fields[0]] }, customers[0] with { Version = 2, CustomFields = [new("size", Number: 4)] }];
        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, changed), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(Sorted(customers[0], customers[1]), await EnteredAsync(journey)));
        Assert.Equal(
            new[] { $"{customers[1].CustomerId} wedding_day {Anniversaries.MonthDay(week)}", $"{customers[3].CustomerId} other {Anniversaries.MonthDay(week)}" }.Order(),
            (await host.ListAsync<string>(
                "SELECT d.customer_id || ' ' || field || ' ' || month_day FROM audience_custom_dates d JOIN audience a USING (customer_id) WHERE a.tags @> ARRAY[@tag]", new { tag })).Order());
    }

    [Fact]
    public async Task Who_comes_into_a_segment_enters_and_who_was_in_it_does_not()
    {
        var tag = CampaignHost.NewTag();
        var segment = (await host.Marketer.PostAsync("/api/campaign/v1/segments", new
        {
            name = tag, criteria = new { all = new object[] { new { field = "tags", op = "contains", value = tag }, new { field = "city", op = "eq", value = "Medan" } } },
        }).OkJsonAsync()).GetProperty("id").GetGuid();
        var customers = await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, number) with { City = number == 0 ? "Medan" : "Bandung" });
        string Entering(string existing) => Definition($$"""{"on":"segmentEntered","segmentId":"{{segment}}","existing":{{existing}}}""", "x", Exit);
        var (later, all) = (await host.StartJourneyAsync(tag, Entering("false")), await host.StartJourneyAsync(tag, Entering("true")));
        await Eventually.Holds(async () => Assert.Equal([customers[0].CustomerId], await EnteredAsync(all)));
        await Eventually.Holds(async () => Assert.True(await host.QueryAsync<int>("SELECT round FROM journey_sweeps WHERE journey_id = @later", new { later }) > 0));

        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), Now, [customers[1] with { Version = 2, City = "Medan" }]), CampaignHost.NewId());

        await Eventually.Holds(async () => Assert.Equal([customers[1].CustomerId], await EnteredAsync(later)));
        await Eventually.Holds(async () => Assert.Equal(Sorted(customers[0], customers[1]), await EnteredAsync(all)));
    }

    private static IEnumerable<Guid> Sorted(params CustomerSnapshot[] customers) => customers.Select(customer => customer.CustomerId).Order();

    private static DateOnly Today(string zone) => LocalClock.DateOf(Now, TimeZoneInfo.FindSystemTimeZoneById(zone));

    /// <summary>The date whose anniversary it is, years ago; of 29 February a leap year's.</summary>
    private static DateOnly Back(DateOnly date, int years) => date is { Month: 2, Day: 29 } ? date.AddYears(-years / 4 * 4) : date.AddYears(-years);

    private Task<IReadOnlyList<Guid>> EnteredAsync(Guid journey) =>
        host.ListAsync<Guid>("SELECT DISTINCT customer_id FROM journey_entries WHERE journey_id = @journey ORDER BY customer_id", new { journey });
}
