using Crm.Campaign.Features.Campaigns;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Campaign.Tests.Campaigns;

/// <summary>The membership of a send stays what it was, whatever the segment means later.</summary>
[Collection(CampaignCollection.Name)]
public sealed class RecipientTests(CampaignHost host)
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(null, "")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+62812", "'+62812")]
    [InlineData("-2", "'-2")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    public void A_cell_is_never_a_formula(string? text, string cell) => Assert.Equal(cell, ExportRecipients.Cell(text));

    [Fact]
    public async Task The_ledger_is_listed_with_reasons_and_exported()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 5, number => CampaignHost.Customer(tag, number, consent: number > 0) with { DisplayName = number == 1 ? "=cmd|'/c calc'!A1" : $"N {number}" });
        var campaign = await host.LaunchAsync(tag);
        await Eventually.Holds(async () => Assert.Equal(5, (await host.StatisticsAsync(campaign)).GetProperty("recipients").GetInt64()));
        await host.Bus.PublishAsync(new CustomersChanged(CampaignHost.NewId(), CampaignHost.Registered, [customers[2] with { Version = 2, Tags = [] }]), CampaignHost.NewId());
        await Eventually.Holds(async () => Assert.Equal(4, await host.QueryAsync<long>("SELECT count(*) FROM audience WHERE @tag = ANY(tags)", new { tag })));

        var (seen, cursor) = (new List<Guid>(), "");
        do
        {
            var page = await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/recipients?limit=2&cursor={cursor}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("customerId").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(customers.Select(customer => customer.CustomerId).Order(), seen);
        var skipped = (await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/recipients?state=skipped").OkJsonAsync()).GetProperty("items");
        Assert.Equal((1, "no_consent"), (skipped.GetArrayLength(), skipped[0].GetProperty("reason").GetString()));

        using var file = await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/recipients.csv");
        Assert.Equal("text/csv", file.Content.Headers.ContentType!.MediaType);
        var lines = (await file.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.Equal(7, lines.Length);
        Assert.Contains(lines, line => line.StartsWith($"{customers[1].CustomerId},'=cmd|'/c calc'!A1,email,", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(",skipped,no_consent,", StringComparison.Ordinal));
        await host.CancelAllAsync();
    }
}
