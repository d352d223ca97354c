using Crm.Campaign.Delivery;
using Dapper;

namespace Crm.Campaign.Tests.Audience;

/// <summary>Who may be written to on which channel, asked of the database.</summary>
[Collection(CampaignCollection.Name)]
public sealed class EligibilityTests(CampaignHost host)
{
    private static readonly string[] Needs = ["email", "sms", "whatsapp", "phone", "post"];

    public static TheoryData<string> Channels => [.. Eligibility.Channels];

    [Fact]
    public void All_eight_channels_are_known() =>
        Assert.Equal(["email", "phone", "pos", "post", "push", "sms", "webhook", "whatsapp"], Eligibility.Channels.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Channels))]
    public async Task Somebody_with_everything_may_be_written_to_and_without_one_thing_may_not(string channel)
    {
        var complete = await InsertAsync();
        var without = channel == "pos" ? "not_member" : "no_consent";

        Assert.Null(await ReasonAsync(channel, complete));
        Assert.Equal(without, await ReasonAsync(channel, await InsertAsync("is_member = false, consent_email = false, consent_sms = false, consent_phone = false, consent_post = false, consent_push = false, consent_whatsapp = false, consent_webhook = false")));
        Assert.Equal(
            !Needs.Contains(channel) ? null : channel switch { "email" => "no_email", "post" => "no_address", _ => "no_phone" },
            await ReasonAsync(channel, await InsertAsync("email = NULL, phone = NULL, street = NULL")));
        Assert.NotNull(await ReasonAsync(channel, CampaignHost.NewId()));
    }

    [Theory]
    [InlineData("whatsapp", "sms")]
    [InlineData("webhook", "push")]
    [InlineData("sms", "whatsapp")]
    public async Task Consent_to_one_channel_is_none_to_another(string channel, string other)
    {
        Assert.Equal("no_consent", await ReasonAsync(channel, await InsertAsync($"consent_{channel} = false")));
        Assert.Null(await ReasonAsync(channel, await InsertAsync($"consent_{other} = false")));
    }

    [Theory]
    [MemberData(nameof(Channels))]
    public async Task A_contact_is_suppressed_on_a_channel_or_on_all(string channel)
    {
        var (here, everywhere, elsewhere) = (await InsertAsync(), await InsertAsync(), await InsertAsync());
        await ExecuteAsync("INSERT INTO suppressions (customer_id, channel, reason, created_at) VALUES (@here, @channel, 'manual', now()), (@everywhere, 'all', 'manual', now()), (@elsewhere, 'other', 'manual', now())", new { here, everywhere, elsewhere, channel });

        Assert.Equal(("suppressed", "suppressed", null), (await ReasonAsync(channel, here), await ReasonAsync(channel, everywhere), await ReasonAsync(channel, elsewhere)));
    }

    [Theory]
    [MemberData(nameof(Channels))]
    public async Task An_address_number_or_domain_is_suppressed_whoever_has_it(string channel)
    {
        var tag = CampaignHost.NewTag();
        var number = "+62811" + Random.Shared.Next(1_000_000, 9_999_999);
        var byAddress = await InsertAsync($"email = 'Siti@{tag}.Example', phone = '{number}'");
        var byDomain = await InsertAsync($"email = 'budi@SHOP-{tag}.example', phone = '{number}0'");
        var neighbour = await InsertAsync($"email = 'budi@mail.SHOP-{tag}.example', phone = '{number}1'");
        await ExecuteAsync(
            """
            INSERT INTO suppressed_addresses (address, channel, kind, reason, created_at) VALUES
                (@email, 'all', 'email', 'manual', now()), (@number, @channel, 'phone', 'manual', now()), (@domain, @channel, 'domain', 'manual', now())
            """,
            new { email = $"siti@{tag}.example", domain = $"shop-{tag}.example", number, channel });

        var addressed = channel is "email" or "sms" or "whatsapp" or "phone";
        Assert.Equal(addressed ? "suppressed" : null, await ReasonAsync(channel, byAddress));
        Assert.Equal(channel == "email" ? "suppressed" : null, await ReasonAsync(channel, byDomain));
        Assert.Null(await ReasonAsync(channel, neighbour));
    }

    private Task<string?> ReasonAsync(string channel, Guid customer) => host.QueryAsync<string?>(
        $"SELECT {Eligibility.ReasonSql(channel)} FROM (SELECT @customer AS id) due LEFT JOIN audience a ON a.customer_id = due.id", new { customer });

    private async Task<Guid> InsertAsync(string? change = null)
    {
        var id = CampaignHost.NewId();
        await ExecuteAsync(
            """
            INSERT INTO audience (customer_id, profile_version, email, phone, street, is_member, consent_email, consent_sms, consent_phone, consent_post, consent_push, consent_whatsapp,
                consent_webhook)
            VALUES (@id, 1, @id || '@example.com', '+62812' || @id, 'Jl. Braga 1', true, true, true, true, true, true, true, true)
            """,
            new { id });
        if (change is not null) await ExecuteAsync($"UPDATE audience SET {change} WHERE customer_id = @id", new { id });
        return id;
    }

    private async Task ExecuteAsync(string sql, object args)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, args);
    }
}
