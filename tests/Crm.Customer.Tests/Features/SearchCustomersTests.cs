using System.Text;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class SearchCustomersTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Theory]
    [InlineData("0812-7654-3210")]
    [InlineData("0812 7654")]
    [InlineData("+62 812 7654 3210")]
    [InlineData("6281276543210")]
    [InlineData("(0812) 76543210")]
    public async Task A_phone_is_found_in_any_notation(string typed)
    {
        var id = await host.RegisterIdAsync(new { displayName = "Phone Owner", phone = "+6281276543210" });
        Assert.Contains(id, await FindAsync(typed));
    }

    [Fact]
    public async Task A_number_an_address_and_a_name_find_their_customer()
    {
        var email = Unique("yusuf") + "@example.com";
        var customer = await host.RegisterAsync(new { displayName = "Yusuf Kalla Ramadhan", email });
        var id = customer.GetProperty("id").GetGuid();

        Assert.Equal([id], await FindAsync(customer.GetProperty("number").GetString()!));
        Assert.Equal([id], await FindAsync(email.ToUpperInvariant()));
        Assert.Contains(id, await FindAsync("ramadhan"));
        Assert.Contains(id, await FindAsync("yusup kalla")); // misspelt
        Assert.DoesNotContain(id, await FindAsync("Bambang"));
    }

    [Fact]
    public async Task Digits_find_a_name_that_has_them_after_the_phones_that_start_so()
    {
        var shop = await host.RegisterIdAsync(new { displayName = "Toko 08595" });
        var phone = await host.RegisterIdAsync(new { displayName = "Owner", phone = "08595 123 4567" });
        Assert.Equal([phone, shop], await FindAsync("08595"));
    }

    [Fact]
    public async Task The_better_match_comes_first()
    {
        var word = Unique("zq").Replace("-", "", StringComparison.Ordinal);
        var partly = await host.RegisterIdAsync(new { displayName = $"Toko {word}x Jaya" });
        var whole = await host.RegisterIdAsync(new { displayName = $"{word}" });
        Assert.Equal([whole, partly], (await FindAsync(word)).Take(2));
    }

    [Theory]
    [InlineData("100%_\\' OR 1=1--")]
    [InlineData("%")]
    [InlineData("_")]
    public async Task What_is_typed_is_text_and_nothing_else(string typed)
    {
        await host.RegisterAsync(new { displayName = "Somebody" });
        Assert.Empty(await FindAsync(typed));
    }

    [Fact]
    public async Task Pages_hold_every_customer_once_also_where_scores_are_equal()
    {
        var name = Unique("Kembar");
        var registered = new List<Guid>();
        for (var i = 0; i < 7; i++) registered.Add(await host.RegisterIdAsync(new { displayName = name }));

        var read = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await host.GetAsync($"{Customers}?q={name}&limit=3" + (cursor is null ? "" : $"&cursor={cursor}"));
            read.AddRange(page.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("displayName").GetString() == name).Select(item => item.GetProperty("id").GetGuid()));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(Enumerable.Reverse(registered), read);
    }

    [Fact]
    public async Task A_filter_finds_the_one_it_means_behind_a_thousand_who_are_called_so()
    {
        var name = Unique("Sebaris");
        var csv = "sourceId,displayName,city\n" + string.Concat(Enumerable.Range(0, 1_200).Select(i => $"{name}-{i},{name} A{i:D4},Bogor\n")) + $"{name}-last,{name} Zulkarnain,Kupang\n";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/customer/v1/customer-imports?source={Unique("shop")}") { Content = new StringContent(csv, Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", NewId().ToString());
        using var imported = await host.Rep().SendAsync(request);
        imported.EnsureSuccessStatusCode();

        var filter = Uri.EscapeDataString("""{"field":"city","op":"eq","value":"Kupang"}""");
        var found = (await host.GetAsync($"{Customers}?q={name}&filter={filter}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("displayName").GetString());
        Assert.Equal([$"{name} Zulkarnain"], found);
    }

    [Theory]
    [InlineData("limit=0", "request.limit_invalid")]
    [InlineData("limit=1000000", "request.limit_invalid")]
    [InlineData("cursor=forged", "request.cursor_invalid")]
    public async Task A_wrong_page_is_refused(string query, string code) =>
        Assert.Equal((400, code), await Status(host.ClientFor(Roles.Viewer).GetAsync($"{Customers}?{query}")));

    private static async Task<(int, string?)> Status(Task<HttpResponseMessage> sending) => await sending.ProblemAsync() is var (status, code, _) ? (status, code) : default;

    private async Task<List<Guid>> FindAsync(string typed) =>
        [.. (await host.GetAsync($"{Customers}?q={Uri.EscapeDataString(typed)}")).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid())];
}
