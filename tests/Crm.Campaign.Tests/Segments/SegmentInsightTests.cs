using System.Net;
using System.Text.Json;
using Crm.Campaign.Features.Segments;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;
using Dapper;

namespace Crm.Campaign.Tests.Segments;

/// <summary>Why somebody is in a segment, what it meant before, and how it grows.</summary>
[Collection(CampaignCollection.Name)]
public sealed class SegmentInsightTests(CampaignHost host)
{
    private const string Path = "/api/campaign/v1/segments";

    [Fact]
    public async Task Each_comparison_says_whether_it_holds_and_what_it_saw()
    {
        var tag = CampaignHost.NewTag();
        var customer = (await host.RegisterAsync(tag, 1, number => CampaignHost.Customer(tag, number, consent: false) with { City = "Medan", BirthDate = new DateOnly(1990, 4, 1) }))[0].CustomerId;
        var nested = await SaveAsync("nested", new { field = "city", op = "in", value = new[] { "Bandung", "Medan" } });
        var segment = await SaveAsync("whole", new
        {
            all = new object[]
            {
                new { segment = nested }, new { not = new { field = "purchaseCount", op = "gte", value = 1 } },
                new { any = new object[] { new { field = "pAlive", op = "lt", value = 0.5 }, new { field = "birthDate", op = "lt", value = "1991-01-01" } } },
                new { field = "bought.quantity", op = "gte", value = 2, of = new { sku = new[] { "TEH" } } },
            },
        });

        var explained = await host.Marketer.GetAsync($"{Path}/{segment}/explain/{customer}").OkJsonAsync();

        Assert.Equal((false, "no_consent"), (explained.GetProperty("matches").GetBoolean(), explained.GetProperty("exclusion").GetString()));
        var parts = explained.GetProperty("criteria").GetProperty("parts");
        Assert.Equal([true, true, true, false], parts.EnumerateArray().Select(part => part.GetProperty("holds").GetBoolean()));
        Assert.Equal(nested, parts[0].GetProperty("id").GetGuid());
        Assert.Equal("Medan", parts[0].GetProperty("parts")[0].GetProperty("actual").GetString());
        Assert.Equal(0, parts[1].GetProperty("parts")[0].GetProperty("actual").GetInt64());
        Assert.Equal([false, true], parts[2].GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("holds").GetBoolean()));
        Assert.Equal(("1990-04-01", "1991-01-01"), (parts[2].GetProperty("parts")[1].GetProperty("actual").GetString(), parts[2].GetProperty("parts")[1].GetProperty("value").GetString()));
        Assert.Equal(0, parts[3].GetProperty("actual").GetDecimal());
        Assert.Equal((404, "campaign.customer_not_found", null), await host.Marketer.GetAsync($"{Path}/{segment}/explain/{CampaignHost.NewId()}").ProblemAsync());
    }

    [Fact]
    public async Task Every_version_stays()
    {
        var segment = await SaveAsync("first", new { field = "city", op = "eq", value = "Medan" });
        await host.Marketer.PutAsync($"{Path}/{segment}", new { name = "second", criteria = new { field = "city", op = "eq", value = "Bandung" } }, 1).OkJsonAsync();

        var page = await host.Marketer.GetAsync($"{Path}/{segment}/versions?limit=1").OkJsonAsync();
        Assert.Equal((2, "second"), (page.GetProperty("items")[0].GetProperty("version").GetInt64(), page.GetProperty("items")[0].GetProperty("name").GetString()));
        page = await host.Marketer.GetAsync($"{Path}/{segment}/versions?limit=1&cursor={page.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Equal("Medan", page.GetProperty("items")[0].GetProperty("criteria").GetProperty("value").GetString());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task A_measurement_tells_who_joined_and_who_departed()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 5);
        var segment = await SaveAsync(tag, new { field = "tags", op = "contains", value = tag });

        Assert.Equal((5, 5, 0), Sizes(await MeasureAsync(segment)));
        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), CampaignHost.Registered, [customers[0] with { Version = 2, Tags = [] }]), CampaignHost.NewId());
        await host.RegisterAsync(tag, 2);
        await Eventually.Holds(async () => Assert.Equal(6, await host.QueryAsync<long>("SELECT count(*) FROM audience WHERE @tag = ANY(tags)", new { tag })));
        await using (var connection = await host.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("UPDATE segment_sizes SET day = day - 1 WHERE segment_id = @segment", new { segment });
        }

        Assert.Equal((6, 2, 1), Sizes(await MeasureAsync(segment)));
        Assert.Equal((6, 2, 1), Sizes(await MeasureAsync(segment)));
        var growth = await host.Marketer.GetAsync($"{Path}/{segment}/growth").OkJsonAsync();
        Assert.Equal([5, 6], growth.GetProperty("days").EnumerateArray().Select(day => day.GetProperty("size").GetInt64()));
        Assert.Equal((1, "growing"), (growth.GetProperty("perDay").GetDouble(), growth.GetProperty("trend").GetString()));
    }

    [Fact]
    public async Task Segments_are_measured_by_themselves_every_day()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 3);
        var segment = await SaveAsync(tag, new { field = "tags", op = "contains", value = tag });

        await Eventually.Holds(async () => Assert.Equal(3, await host.QueryAsync<long?>("SELECT size FROM segment_sizes WHERE segment_id = @segment", new { segment })));
    }

    [Fact]
    public void The_slope_is_that_of_the_least_squares()
    {
        static DateOnly Day(int day) => new DateOnly(2026, 1, 1).AddDays(day);

        Assert.Null(GetSegmentGrowth.Slope([(Day(0), 5)]));
        Assert.Equal(2, GetSegmentGrowth.Slope([(Day(0), 1), (Day(1), 3), (Day(4), 9)])!.Value, 9);
        Assert.Equal(0.5, GetSegmentGrowth.Slope([(Day(0), 0), (Day(1), 2), (Day(2), 1)])!.Value, 9);
    }

    private static (long Size, long Joined, long Departed) Sizes(JsonElement size) =>
        (size.GetProperty("size").GetInt64(), size.GetProperty("joined").GetInt64(), size.GetProperty("departed").GetInt64());

    /// <summary>Again while the daily measurement is at this segment.</summary>
    private async Task<JsonElement> MeasureAsync(Guid segment)
    {
        JsonElement size = default;
        await Eventually.Holds(async () =>
        {
            using var answer = await host.Marketer.PostAsync($"{Path}/{segment}/sizes", new { });
            Assert.NotEqual(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            size = await answer.JsonAsync();
        });
        return size;
    }

    private async Task<Guid> SaveAsync(string name, object criteria) =>
        (await host.Marketer.PostAsync(Path, new { name, criteria }).OkJsonAsync()).GetProperty("id").GetGuid();
}
