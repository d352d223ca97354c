using System.Text.Json;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Lists;

[Collection(CampaignCollection.Name)]
public sealed class ListTests(CampaignHost host)
{
    private const string Path = "/api/campaign/v1/lists";

    [Fact]
    public async Task A_list_takes_customers_in_and_out_and_serves_segments()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 3);
        var list = await CreateAsync(tag, "seed");
        var members = $"{Path}/{list}/members";

        Assert.Equal(2, (await host.Marketer.PostAsync(members, new { customerIds = new[] { customers[0].CustomerId, customers[1].CustomerId, customers[1].CustomerId } }).OkJsonAsync()).GetProperty("added").GetInt32());
        Assert.Equal(1, (await host.Marketer.PostAsync(members, new { customerIds = new[] { customers[1].CustomerId, customers[2].CustomerId } }).OkJsonAsync()).GetProperty("added").GetInt32());
        Assert.Equal((422, "campaign.unknown_customer", "customerIds[1]"), await host.Marketer.PostAsync(members, new { customerIds = new[] { customers[0].CustomerId, CampaignHost.NewId() } }).ProblemAsync());
        var preview = new { criteria = new { all = new object[] { new { field = "tags", op = "contains", value = tag }, new { not = new { list } } } } };
        Assert.Equal(0, await MatchingAsync(preview));

        using (var removed = await host.Marketer.DeleteAsync($"{members}/{customers[0].CustomerId}")) Assert.True(removed.IsSuccessStatusCode);
        Assert.Equal((404, "campaign.member_not_found", null), await host.Marketer.DeleteAsync($"{members}/{customers[0].CustomerId}").ProblemAsync());
        Assert.Equal(1, await MatchingAsync(preview));
        var read = await host.Marketer.GetAsync($"{Path}/{list}").OkJsonAsync();
        Assert.Equal(("seed", 2), (read.GetProperty("kind").GetString(), read.GetProperty("members").GetInt64()));
        Assert.Equal(2, (await host.Marketer.GetAsync(members).OkJsonAsync()).GetProperty("items").GetArrayLength());
        Assert.Contains((await host.Marketer.GetAsync(Path).OkJsonAsync()).GetProperty("items").EnumerateArray(), item => item.GetProperty("id").GetGuid() == list);
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PostAsync(Path, new { name = "x" }).ProblemAsync());
        Assert.Equal((400, "kind"), await RefusedAsync(new { name = "x", kind = "secret" }));
    }

    [Fact]
    public async Task An_import_finds_customers_by_id_address_or_number_and_names_each_row_that_does_not()
    {
        var tag = CampaignHost.NewTag();
        var phone = "+62813" + Random.Shared.Next(1_000_000, 9_999_999);
        var customers = await host.RegisterAsync(tag, 4, number => CampaignHost.Customer(tag, number) with { Phone = number == 3 ? phone : null });
        var list = await CreateAsync(tag, "default");
        var csv = $"""
            email;customerId;phone
            {tag.ToUpperInvariant()}.1@Example.com;;
            ;{customers[0].CustomerId};
            ;;0{phone[3..]}
            nobody@example.org;;
            not-an-address;;
            ;no-id;
            ;;12
            ;;
            {tag}.1@example.com;;
            too;many;columns;here
            """;

        var imported = await PostCsvAsync($"{Path}/{list}/imports", csv);

        Assert.Equal((10, 3, 6), (imported.GetProperty("received").GetInt64(), imported.GetProperty("added").GetInt64(), imported.GetProperty("rejected").GetInt64()));
        Assert.Equal(
            ["5 unknown_customer", "6 email_invalid", "7 customer_id_invalid", "8 phone_invalid", "9 empty", "11 column_count"],
            imported.GetProperty("problems").EnumerateArray().Select(problem => $"{problem.GetProperty("line").GetInt64()} {problem.GetProperty("code").GetString()}"));
        Assert.Equal(
            new[] { customers[0], customers[1], customers[3] }.Select(customer => customer.CustomerId).Order(),
            (await host.ListAsync<Guid>("SELECT customer_id FROM list_members WHERE list_id = @list", new { list })).Order());
        Assert.Equal((400, "campaign.import_column_unknown", "name"), await SendCsvAsync($"{Path}/{list}/imports", "email,name\n").ProblemAsync());
    }

    private async Task<(int, string?)> RefusedAsync(object body)
    {
        var (status, _, field) = await host.Marketer.PostAsync(Path, body).ProblemAsync();
        return (status, field);
    }

    private async Task<long> MatchingAsync(object preview) => (await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", preview).OkJsonAsync()).GetProperty("matching").GetInt64();

    private async Task<Guid> CreateAsync(string name, string kind) => (await host.Marketer.PostAsync(Path, new { name, kind }).OkJsonAsync()).GetProperty("id").GetGuid();

    private Task<JsonElement> PostCsvAsync(string path, string csv) => SendCsvAsync(path, csv).OkJsonAsync();

    private Task<HttpResponseMessage> SendCsvAsync(string path, string csv) => Csv.SendAsync(host.Marketer, path, csv);
}
