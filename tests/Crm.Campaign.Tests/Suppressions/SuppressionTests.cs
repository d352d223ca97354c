using System.Text.Json;
using Crm.Campaign.Domain;
using Crm.Campaign.Tests.Lists;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Suppressions;

[Collection(CampaignCollection.Name)]
public sealed class SuppressionTests(CampaignHost host)
{
    private const string Path = "/api/campaign/v1/suppressions";

    [Theory]
    [InlineData(" Siti.Rahayu@Example.COM ", "email", "siti.rahayu@example.com")]
    [InlineData("budi@Müller.example", "email", "budi@xn--mller-kva.example|budi@müller.example")]
    [InlineData("budi@xn--mller-kva.example", "email", "budi@xn--mller-kva.example|budi@müller.example")]
    [InlineData("@Example.com", "domain", "example.com")]
    [InlineData("example.co.id.", "domain", "example.co.id")]
    [InlineData("0812-3456-789", "phone", "+628123456789")]
    [InlineData("+62 (0)812 3456 789", "phone", "+628123456789")]
    [InlineData("0044 20 7946 0958", "phone", "+442079460958")]
    [InlineData("localhost", null, null)]
    [InlineData("a b@example.com", null, null)]
    [InlineData("a@b@", null, null)]
    [InlineData("-bad-.example", null, null)]
    [InlineData("0812", null, null)]
    [InlineData("", null, null)]
    public void An_address_is_kept_as_it_is_compared(string text, string? kind, string? spellings)
    {
        var target = SuppressionTarget.Parse(text);

        Assert.Equal((kind, spellings), (target?.Kind, target is null ? null : string.Join('|', target.Spellings)));
    }

    [Fact]
    public async Task An_entry_excludes_until_it_is_taken_off_and_who_did_that_stays()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 3, number => CampaignHost.Customer(tag, number, $"u{number}@{tag}.example"));
        var contact = await AddAsync(new { customerId = customers[0].CustomerId, channel = "email" });
        var address = await AddAsync(new { address = $"U1@{tag}.EXAMPLE", note = "asked by phone" });
        Assert.Equal(1, await ReachableAsync(tag));
        var domain = await AddAsync(new { address = $"@{tag}.example" });
        Assert.Equal(0, await ReachableAsync(tag));
        Assert.Equal(("contact", "email", "domain"), (contact.GetProperty("kind").GetString(), address.GetProperty("kind").GetString(), domain.GetProperty("kind").GetString()));
        Assert.Equal(address.GetProperty("id").GetGuid(), (await AddAsync(new { address = $"u1@{tag}.example" })).GetProperty("id").GetGuid());

        foreach (var entry in new[] { contact, address, domain }) await RemoveAsync(entry);
        Assert.Equal(3, await ReachableAsync(tag));
        Assert.Equal((404, "campaign.suppression_not_found", null), await host.Marketer.PostAsync($"{Path}/{contact.GetProperty("id").GetGuid()}/removal", new { why = "again" }).ProblemAsync());
        var removals = (await host.Marketer.GetAsync("/api/campaign/v1/suppression-removals?limit=3").OkJsonAsync()).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal($"u1@{tag}.example", removals[1].GetProperty("address").GetString());
        Assert.Equal(("asked again", "asked by phone", "manual"), (removals[1].GetProperty("why").GetString(), removals[1].GetProperty("note").GetString(), removals[1].GetProperty("reason").GetString()));
        Assert.NotEmpty(removals[1].GetProperty("removedBy").GetString()!);
    }

    [Fact]
    public async Task The_list_is_paged_newest_first_and_asked_by_address_or_contact()
    {
        var tag = CampaignHost.NewTag();
        var customer = CampaignHost.NewId();
        for (var i = 0; i < 3; i++) await AddAsync(new { address = $"{i}@{tag}.example" });
        await AddAsync(new { customerId = customer });

        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = await host.Marketer.GetAsync($"{Path}?limit=2&cursor={cursor}").OkJsonAsync();
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("address").GetString() ?? item.GetProperty("customerId").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal([customer.ToString(), $"2@{tag}.example", $"1@{tag}.example", $"0@{tag}.example"], seen.Where(item => item.Contains(tag, StringComparison.Ordinal) || item == customer.ToString()));
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(1, await CountAsync($"?address=1@{tag}.EXAMPLE"));
        Assert.Equal(1, await CountAsync($"?customerId={customer}"));
        Assert.Equal(0, await CountAsync($"?customerId={customer}&channel=sms"));
    }

    [Fact]
    public async Task An_import_adds_what_it_understands_and_names_the_rest()
    {
        var (tag, customer) = (CampaignHost.NewTag(), CampaignHost.NewId());
        var csv = $"address,customerId,channel,note\na@{tag}.example,,,left\n@{tag}.example,,email,\n,{customer},sms,\nA@{tag}.example,,,twice\nnonsense,,,\nb@{tag}.example,,fax,\n,,,\nb@{tag}.example,{customer},,\n";

        var imported = await Csv.SendAsync(host.Marketer, $"{Path}/imports", csv).OkJsonAsync();

        Assert.Equal((8, 3, 4), (imported.GetProperty("received").GetInt64(), imported.GetProperty("added").GetInt64(), imported.GetProperty("rejected").GetInt64()));
        Assert.Equal(
            ["6 address_invalid", "7 channel_unknown", "8 empty", "9 two_targets"],
            imported.GetProperty("problems").EnumerateArray().Select(problem => $"{problem.GetProperty("line").GetInt64()} {problem.GetProperty("code").GetString()}"));
        Assert.Equal(["all email left", "email domain "], await host.ListAsync<string>(
            "SELECT channel || ' ' || kind || ' ' || coalesce(note, '') FROM suppressed_addresses WHERE address LIKE @like ORDER BY channel", new { like = $"%{tag}%" }));
    }

    [Fact]
    public async Task What_is_wrong_is_refused()
    {
        Assert.Equal((400, "campaign.address_invalid", "address"), await host.Marketer.PostAsync(Path, new { address = "nonsense" }).ProblemAsync());
        Assert.Equal((400, "campaign.suppression_target", "address"), await host.Marketer.PostAsync(Path, new { channel = "email" }).ProblemAsync());
        Assert.Equal((400, "campaign.suppression_target", "address"), await host.Marketer.PostAsync(Path, new { address = "a@b.example", customerId = CampaignHost.NewId() }).ProblemAsync());
        Assert.Equal((400, "campaign.unknown_channel", "channel"), await host.Marketer.PostAsync(Path, new { address = "a@b.example", channel = "fax" }).ProblemAsync());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PostAsync(Path, new { address = "a@b.example" }).ProblemAsync());
    }

    private Task<JsonElement> AddAsync(object body) => host.Marketer.PostAsync(Path, body).OkJsonAsync();

    private Task<JsonElement> RemoveAsync(JsonElement entry) => host.Marketer.PostAsync($"{Path}/{entry.GetProperty("id").GetGuid()}/removal", new { why = "asked again" }).OkJsonAsync();

    private async Task<int> CountAsync(string query) => (await host.Marketer.GetAsync(Path + query).OkJsonAsync()).GetProperty("items").GetArrayLength();

    private async Task<long> ReachableAsync(string tag) =>
        (await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", new { criteria = new { field = "tags", op = "contains", value = tag } }).OkJsonAsync()).GetProperty("reachable").GetInt64();
}
