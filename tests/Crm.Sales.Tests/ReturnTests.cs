using Crm.Sales.Contracts.Events.V1;
using Crm.Sales.Domain;
using Crm.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Sales.Tests;

public sealed class ReturnTests(SalesHost host) : IClassFixture<SalesHost>
{
    [Fact]
    public async Task Parts_come_back_with_their_share_and_the_last_with_the_rest()
    {
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(PurchaseReturned));
        var (id, source) = await ThreeForAThousandAsync();
        var amounts = new List<decimal>();
        for (var part = 0; part < 3; part++)
        {
            var answer = await ReturnAsync(id, 1, 1).OkJsonAsync();
            amounts.Add(answer.GetProperty("return").GetProperty("total").GetDecimal());
        }

        Assert.Equal([333m, 334m, 333m], amounts);
        var purchase = await host.Seller().GetAsync($"{SalesHost.Purchases}/{id}").OkJsonAsync();
        Assert.Equal((1000m, 1000m), (purchase.GetProperty("total").GetDecimal(), purchase.GetProperty("returnedTotal").GetDecimal()));
        Assert.Equal(3, purchase.GetProperty("returns").GetArrayLength());
        await Eventually.Holds(() =>
        {
            Assert.Equal([0m, 333m, 667m], probe.Seen<PurchaseReturned>().Where(e => e.Source == source).Select(e => e.PurchaseTotalAfter).Order());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task More_than_is_left_is_refused_and_changes_nothing()
    {
        var (id, _) = await ThreeForAThousandAsync();
        Assert.Equal((422, "sales.return_exceeds_purchase", "lines[0].quantity"), await ReturnAsync(id, 1, 3.001m).ProblemAsync());
        await ReturnAsync(id, 1, 2).OkJsonAsync();
        Assert.Equal((422, "sales.return_exceeds_purchase", "lines[0].quantity"), await ReturnAsync(id, 1, 1.5m).ProblemAsync());
        await AssertReturnedAsync(id, 2m, 667m, 1);
    }

    [Fact]
    public async Task Ten_at_once_do_not_return_more_than_was_bought()
    {
        var (id, _) = await ThreeForAThousandAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ReturnAsync(id, 1, 1)));
        Assert.Equal(3, answers.Count(answer => (int)answer.StatusCode == 201));
        Assert.Equal(7, answers.Count(answer => (int)answer.StatusCode == 422));
        await AssertReturnedAsync(id, 3m, 1000m, 3);
    }

    public static TheoryData<object, int, string, string> Refusals => new()
    {
        { new { lines = Array.Empty<object>() }, 400, "sales.line_count", "lines" },
        { new { lines = new[] { new { line = 2, quantity = 1, reason = "x" } } }, 422, "sales.unknown_line", "lines[0].line" },
        { new { lines = new[] { new { line = 1, quantity = 1, reason = "x" }, new { line = 1, quantity = 1, reason = "x" } } }, 400, "sales.line_repeated", "lines[1].line" },
        { new { lines = new[] { new { line = 1, quantity = 0, reason = "x" } } }, 400, "sales.quantity_invalid", "lines[0].quantity" },
        { new { lines = new[] { new { line = 1, quantity = -1, reason = "x" } } }, 400, "sales.quantity_invalid", "lines[0].quantity" },
        { new { lines = new[] { new { line = 1, quantity = 1, reason = "" } } }, 400, "sales.text_invalid", "lines[0].reason" },
        { new { lines = new[] { new { line = 1, quantity = 1, reason = "x" } }, returnedAt = "2026-05-04T03:14:59Z" }, 400, "sales.returned_at_invalid", "returnedAt" },
        { new { lines = new[] { new { line = 1, quantity = 1, reason = "x" } }, returnedAt = "2999-01-01T00:00:00Z" }, 400, "sales.returned_at_invalid", "returnedAt" },
        { new { lines = new[] { new { line = 1, quantity = 1 } } }, 400, "request.missing_field", "reason" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusals_name_the_member_and_change_nothing(object body, int status, string code, string field)
    {
        var (id, _) = await ThreeForAThousandAsync();
        Assert.Equal((status, code, field), await host.Seller().PostAsync($"{SalesHost.Purchases}/{id}/returns", body).ProblemAsync());
        await AssertReturnedAsync(id, 0m, 0m, 0);
    }

    [Fact]
    public async Task A_purchase_that_is_not_there_cannot_be_returned() =>
        Assert.Equal((404, "sales.purchase_not_found", null), await ReturnAsync(Guid.Empty, 1, 1).ProblemAsync());

    [Fact]
    public void However_a_line_is_returned_the_parts_add_up_to_its_net()
    {
        var cases =
            from decimals in Gen.Elements(0, 4)
            from quantity in Gen.Choose(1, 2_000_000)
            from net in Gen.Choose(0, int.MaxValue)
            from parts in Gen.NonEmptyListOf(Gen.Choose(1, quantity))
            select (decimals, quantity: quantity / 1000m, net: decimals == 0 ? net : net / 10_000m, parts: parts.Select(part => part / 1000m).ToArray());

        Prop.ForAll(Arb.From(cases), world =>
        {
            var balance = new LineBalance(1, "TEA", world.quantity, world.net, 0, 0);
            foreach (var part in world.parts.Append(world.quantity))
            {
                var quantity = Math.Min(part, balance.Left);
                if (quantity == 0) break;
                var amount = balance.AmountFor(quantity, world.decimals);
                if (amount < 0 || amount != Math.Round(amount, world.decimals)) return false;
                balance = balance with { ReturnedQuantity = balance.ReturnedQuantity + quantity, ReturnedAmount = balance.ReturnedAmount + amount };
                if (balance.ReturnedAmount > world.net) return false;
            }

            return balance.Left == 0 && balance.ReturnedAmount == world.net;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    private async Task<(Guid Id, string Source)> ThreeForAThousandAsync()
    {
        var source = SalesHost.NewSource();
        var purchase = SalesHost.Sound(source, "1", host.NewCustomer());
        purchase["lines"] = new[] { SalesHost.Line("TEA", 3, 400, discount: 200) };
        return ((await host.RecordAsync(purchase)).GetProperty("id").GetGuid(), source);
    }

    private Task<HttpResponseMessage> ReturnAsync(Guid id, int line, decimal quantity) =>
        host.Seller().PostAsync($"{SalesHost.Purchases}/{id}/returns", new { lines = new[] { new { line, quantity, reason = "damaged" } } });

    private async Task AssertReturnedAsync(Guid id, decimal quantity, decimal amount, int returns)
    {
        var purchase = await host.Seller().GetAsync($"{SalesHost.Purchases}/{id}").OkJsonAsync();
        var line = purchase.GetProperty("lines")[0];
        Assert.Equal(
            (quantity, amount, amount, returns),
            (line.GetProperty("returnedQuantity").GetDecimal(), line.GetProperty("returnedAmount").GetDecimal(), purchase.GetProperty("returnedTotal").GetDecimal(), purchase.GetProperty("returns").GetArrayLength()));
    }

    [Fact]
    public async Task A_person_is_told_their_purchases_and_returns_and_nothing_of_others()
    {
        var (mine, source) = await ThreeForAThousandAsync();
        await ThreeForAThousandAsync();
        await ReturnAsync(mine, 1, 1).OkJsonAsync();
        var customer = await host.QueryAsync<Guid>("SELECT customer_id FROM purchases WHERE id = @mine", new { mine });
        var told = await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customer);
        Assert.Equal(source, Assert.Single(told["purchases"]).GetProperty("source").GetString());
        Assert.False(Assert.Single(told["purchase_lines"]).TryGetProperty("cost", out _));
        Assert.Equal(mine, Assert.Single(told["returns"]).GetProperty("purchase_id").GetGuid());
        Assert.Equal("damaged", Assert.Single(told["return_lines"]).GetProperty("reason").GetString());
        await SubjectExport.AssertClosedAsync(host.GrpcFrom("gateway", Crm.ServiceDefaults.Security.Roles.Ops));
    }
}
