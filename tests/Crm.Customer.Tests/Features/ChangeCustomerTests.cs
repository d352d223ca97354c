using System.Net;
using System.Net.Http.Json;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class ChangeCustomerTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task A_change_replaces_the_details_raises_the_version_and_tells_the_others()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Rudi", email = "rudi@example.com", phone = "081234567890" });
        var changed = await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Rudi Hartono", phone = "+62 813 0000 1111" }, 1).OkJsonAsync();

        Assert.Equal(2, changed.GetProperty("version").GetInt64());
        Assert.Equal("+6281300001111", changed.GetProperty("phone").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, changed.GetProperty("email").ValueKind);
        var entry = Assert.Single(await host.TimelineAsync(id), entry => entry.GetProperty("kind").GetString() == "customer.changed");
        Assert.Equal("displayName, email, phone", entry.GetProperty("args").GetProperty("fields").GetString());
        await Eventually.Holds(() =>
        {
            Assert.Equal([1L, 2L], host.Snapshots(id).Select(snapshot => snapshot.Version));
            Assert.Equal(("Rudi Hartono", (string?)null), (host.Snapshots(id)[1].DisplayName, host.Snapshots(id)[1].Email));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Of_two_writers_one_is_told_that_it_is_late()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Lina" });
        var answers = await Task.WhenAll(
            host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Lina One" }, 1),
            host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Lina Two" }, 1));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.PreconditionFailed], answers.Select(answer => answer.StatusCode).Order());
        var late = await answers.Single(answer => !answer.IsSuccessStatusCode).JsonAsync();
        Assert.Equal("customer.stale", late.GetProperty("code").GetString());
        Assert.Equal(2, (await host.GetAsync($"{Customers}/{id}")).GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Without_the_version_seen_nothing_is_changed()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Tono" });
        Assert.Equal(
            (428, "request.precondition_required", "If-Match"),
            await host.Rep().PutAsJsonAsync($"{Customers}/{id}", new { displayName = "Other" }).ProblemAsync());
        Assert.Equal("Tono", (await host.GetAsync($"{Customers}/{id}")).GetProperty("displayName").GetString());
    }

    [Fact]
    public async Task The_same_details_again_are_no_change()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Maya", tags = new[] { "a" } });
        var same = await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Maya", tags = new[] { "a" } }, 1).OkJsonAsync();
        Assert.Equal(1, same.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task An_unknown_customer_is_not_found()
    {
        Assert.Equal((404, "customer.not_found", null), await host.Rep().PutAsync($"{Customers}/{NewId()}", new { displayName = "A" }, 1).ProblemAsync());
        Assert.Equal((404, "customer.not_found", null), await host.Rep().GetAsync($"{Customers}/{NewId()}").ProblemAsync());
        Assert.Equal((404, "customer.not_found", null), await host.Rep().GetAsync($"{Customers}/{NewId()}/timeline").ProblemAsync());
    }
}
