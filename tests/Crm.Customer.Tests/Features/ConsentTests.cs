using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Features;

public sealed class ConsentTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task A_withdrawal_is_in_force_and_published_and_the_ledger_keeps_both()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Consenting", consents = new[] { Email(true) } });
        await host.Rep().PostAsync($"{Customers}/{id}/consents", Email(false)).OkJsonAsync();

        var consents = await host.GetAsync($"{Customers}/{id}/consents");
        Assert.False(Assert.Single(consents.GetProperty("inForce").EnumerateArray()).GetProperty("granted").GetBoolean());
        Assert.Equal([false, true], consents.GetProperty("decisions").GetProperty("items").EnumerateArray().Select(item => item.GetProperty("granted").GetBoolean()));
        await Eventually.Holds(() =>
        {
            var changed = Assert.Single(host.Bus.Seen<ConsentChanged>(), message => message.CustomerId == id);
            Assert.Equal(("email", "marketing", false, "v2"), (changed.Consent.Channel, changed.Consent.Purpose, changed.Consent.Granted, changed.NoticeVersion));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_decision_that_took_effect_earlier_is_kept_but_changes_nothing()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Late paper", consents = new[] { Email(false) } });
        await host.Rep().PostAsync(
            $"{Customers}/{id}/consents",
            new { channel = "email", purpose = "marketing", granted = true, noticeVersion = "paper", captureSource = "form", effectiveAt = "2020-01-01T00:00:00Z" }).OkJsonAsync();

        var consents = await host.GetAsync($"{Customers}/{id}/consents");
        Assert.False(Assert.Single(consents.GetProperty("inForce").EnumerateArray()).GetProperty("granted").GetBoolean());
        Assert.Equal(2, consents.GetProperty("decisions").GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"channel":"fax","purpose":"marketing","granted":true,"noticeVersion":"1"}""", "customer.consent_channel_unknown", "channel")]
    [InlineData("""{"channel":"email","purpose":"fun","granted":true,"noticeVersion":"1"}""", "customer.consent_purpose_unknown", "purpose")]
    [InlineData("""{"channel":"email","purpose":"marketing","granted":true,"noticeVersion":" "}""", "customer.notice_version_required", "noticeVersion")]
    [InlineData("""{"channel":"email","purpose":"marketing","granted":true,"noticeVersion":"1","captureSource":"rumour"}""", "customer.capture_source_unknown", "captureSource")]
    [InlineData("""{"channel":"email","purpose":"marketing","granted":true,"noticeVersion":"1","effectiveAt":"2999-01-01T00:00:00Z"}""", "customer.instant_invalid", "effectiveAt")]
    [InlineData("""{"channel":"email","purpose":"marketing","noticeVersion":"1"}""", "request.missing_field", "granted")]
    public async Task A_wrong_decision_is_refused(string body, string code, string field)
    {
        var id = await host.RegisterIdAsync(new { displayName = "Careful" });
        Assert.Equal((400, code, field), await host.Rep().PostAsync($"{Customers}/{id}/consents", body).ProblemAsync());
        Assert.Equal(0, (await host.GetAsync($"{Customers}/{id}/consents")).GetProperty("decisions").GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task The_ledger_cannot_be_rewritten()
    {
        await host.RegisterAsync(new { displayName = "Kept", consents = new[] { Email(true) } });
        await using var command = host.Database.CreateCommand("UPDATE consent_decisions SET granted = false");
        var refusal = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync());
        Assert.Contains("append-only", refusal.MessageText, StringComparison.Ordinal);
    }

    private static object Email(bool granted) => new { channel = "email", purpose = "marketing", granted, noticeVersion = "v2" };
}
