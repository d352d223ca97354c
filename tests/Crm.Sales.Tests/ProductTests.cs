using System.Net;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Sales.Tests;

public sealed class ProductTests(SalesHost host) : IClassFixture<SalesHost>
{
    [Fact]
    public async Task Create_read_change_and_the_second_writer_gets_412()
    {
        var manager = host.ClientFor(Roles.SalesManager);
        var sku = "P-" + SalesHost.NewSource();
        var created = await manager.PostAsync(SalesHost.Products, Product(sku)).OkJsonAsync();
        var path = $"{SalesHost.Products}/{created.GetProperty("id").GetGuid()}";
        Assert.Equal(created.GetRawText(), (await manager.GetAsync(path).OkJsonAsync()).GetRawText());
        Assert.Equal((409, "sales.sku_taken", "sku"), await manager.PostAsync(SalesHost.Products, Product(sku)).ProblemAsync());

        var change = new { name = "Kopi bubuk", category = "Groceries", price = 31000, currency = "IDR", cost = (decimal?)null, active = false };
        using var changed = await manager.PutAsync(path, change, 1);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("\"2\"", changed.Headers.ETag?.Tag);
        Assert.Equal((412, "sales.product_stale", null), await manager.PutAsync(path, change, 1).ProblemAsync());
        Assert.Equal((404, "sales.product_not_found", null), await manager.PutAsync($"{SalesHost.Products}/{Guid.Empty}", change, 1).ProblemAsync());
        Assert.Equal((403, "auth.forbidden", null), await host.Seller().PutAsync(path, change, 2).ProblemAsync());
        Assert.Equal(31000m, (await manager.GetAsync(path).OkJsonAsync()).GetProperty("price").GetDecimal());
    }

    public static TheoryData<string, object?, string, string> Refusals => new()
    {
        { "sku", "", "sales.sku_invalid", "sku" },
        { "sku", " X", "sales.sku_invalid", "sku" },
        { "name", "", "sales.text_invalid", "name" },
        { "category", new string('c', 101), "sales.text_invalid", "category" },
        { "price", -1, "sales.amount_negative", "price" },
        { "price", 0.5, "sales.too_many_decimals", "price" },
        { "cost", -1, "sales.amount_negative", "cost" },
        { "currency", "RP", "sales.currency_unknown", "currency" },
        { "weight", 1, "request.unknown_field", "weight" },
        { "active", "yes", "request.malformed", "active" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_name_the_member_and_store_nothing(string member, object? value, string code, string field)
    {
        var product = Product("R-" + SalesHost.NewSource());
        product[member] = value;
        var before = await host.QueryAsync<long>("SELECT count(*) FROM products");
        Assert.Equal((400, code, field), await host.ClientFor(Roles.SalesManager).PostAsync(SalesHost.Products, product).ProblemAsync());
        Assert.Equal(before, await host.QueryAsync<long>("SELECT count(*) FROM products"));
    }

    [Fact]
    public async Task A_batch_creates_updates_leaves_and_rejects()
    {
        var prefix = "B-" + SalesHost.NewSource();
        var manager = host.ClientFor(Roles.Integration);
        var changed = Product(prefix + "2");
        var body = new { products = new[] { Product(prefix + "1"), Product(prefix + "2") } };
        Assert.Equal(["created", "created"], await StatusesAsync(manager, body));
        Assert.Equal(["unchanged", "unchanged"], await StatusesAsync(manager, body));
        changed["price"] = 1;
        var broken = Product(prefix + "4");
        broken["price"] = -1;
        Assert.Equal(
            ["unchanged", "updated", "created", "rejected sales.amount_negative products[3].price", "rejected sales.sku_repeated products[4].sku"],
            await StatusesAsync(manager, new { products = new[] { Product(prefix + "1"), changed, Product(prefix + "3"), broken, Product(prefix + "1") } }));
        Assert.Equal([(prefix + "1", 1L), (prefix + "2", 2L), (prefix + "3", 1L)], await ListAsync(prefix));
        Assert.Equal((400, "sales.batch_size", "products"), await manager.PostAsync($"{SalesHost.Products}/batch", new { products = Array.Empty<object>() }).ProblemAsync());
    }

    [Fact]
    public async Task The_list_pages_by_sku_and_filters()
    {
        var category = SalesHost.NewSource();
        var products = Enumerable.Range(0, 5).Select(i =>
        {
            var product = Product($"{category}-{i}");
            (product["category"], product["active"]) = (category, i != 3);
            return product;
        });
        await host.ClientFor(Roles.SalesManager).PostAsync($"{SalesHost.Products}/batch", new { products }).OkJsonAsync();
        var viewer = host.ClientFor(Roles.Viewer);
        var first = await viewer.GetAsync($"{SalesHost.Products}?category={category}&active=true&limit=3").OkJsonAsync();
        var second = await viewer.GetAsync($"{SalesHost.Products}?category={category}&active=true&limit=3&cursor={first.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Null(second.GetProperty("nextCursor").GetString());
        Assert.Equal(
            new[] { 0, 1, 2, 4 }.Select(i => $"{category}-{i}"),
            first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("sku").GetString()));
    }

    private static Dictionary<string, object?> Product(string sku) => new()
    {
        ["sku"] = sku,
        ["name"] = "Kopi",
        ["category"] = "Groceries",
        ["price"] = 30000,
        ["currency"] = "IDR",
    };

    private static async Task<IEnumerable<string>> StatusesAsync(HttpClient client, object body) =>
        (await client.PostAsync($"{SalesHost.Products}/batch", body).OkJsonAsync()).GetProperty("items").EnumerateArray()
        .Select(item => $"{item.GetProperty("status").GetString()} {item.GetProperty("code").GetString()} {item.GetProperty("field").GetString()}".TrimEnd());

    private async Task<IEnumerable<(string, long)>> ListAsync(string prefix)
    {
        var page = await host.ClientFor(Roles.Viewer).GetAsync($"{SalesHost.Products}?limit=200").OkJsonAsync();
        return page.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("sku").GetString()!.StartsWith(prefix, StringComparison.Ordinal))
            .Select(item => (item.GetProperty("sku").GetString()!, item.GetProperty("version").GetInt64()));
    }
}
