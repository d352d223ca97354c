using System.Text;
using System.Text.Json;
using Crm.Campaign.Domain;
using Crm.Campaign.Tests.Campaigns;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Templates;

[Collection(CampaignCollection.Name)]
public sealed class CouponTests(CampaignHost host) : IAsyncLifetime
{
    private const string Pools = "/api/campaign/v1/coupon-pools";
    private const string Redemptions = "/api/campaign/v1/coupon-redemptions";

    private HttpClient Till => host.ClientFor(Roles.Integration);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    private static object Pool(string name, string whenEmpty = "skip", int validDays = 30) => new
    {
        name, worthId = "Rp 10.000", worthEn = "IDR 10,000", whenEmpty,
        validFrom = DateTimeOffset.UnixEpoch, validUntil = TimeProvider.System.GetUtcNow().AddDays(validDays),
    };

    private async Task<(string Name, Guid Id)> CreatePoolAsync(string whenEmpty = "skip", int validDays = 30)
    {
        var name = "p" + CampaignHost.NewId().ToString("N")[20..];
        var pool = await host.Marketer.PostAsync(Pools, Pool(name, whenEmpty, validDays)).OkJsonAsync();
        return (name, pool.GetProperty("id").GetGuid());
    }

    private Task<JsonElement> GenerateAsync(Guid pool, int count) => host.Marketer.PostAsync($"{Pools}/{pool}/generate", new { pattern = "PRO-####-######", count }).OkJsonAsync();

    private async Task<JsonElement> ImportAsync(Guid pool, string csv)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Pools}/{pool}/import") { Content = new StringContent(csv, Encoding.UTF8, "text/csv") };
        request.Headers.Add("Idempotency-Key", CampaignHost.NewId().ToString());
        return await host.Marketer.SendAsync(request).OkJsonAsync();
    }

    [Fact]
    public async Task Each_recipient_gets_a_code_of_their_own_and_a_retry_says_the_same_one()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 12);
        var (name, pool) = await CreatePoolAsync();
        await GenerateAsync(pool, 20);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities)
        {
            // Each message is put off once.
            Script = step => step is { Name: "CONTENT", Occurrence: <= 12 } ? new ScriptedReply("451 4.3.0 later") : null,
        };
        await using var sender = await SenderHost.StartAsync(host, relay);

        var campaign = await host.CreateCampaignAsync(tag, html: $$$"""<p>Kode: {{coupon "{{{name}}}"}}.</p>""");
        await host.ActAsync(campaign, "launch");
        await host.FinishedAsync(campaign);

        var mails = await PythonMailReader.ReadAsync(relay.Contents);
        var codes = await host.ListAsync<(string Code, string Email)>(
            "SELECT k.code, d.email FROM coupon_codes k JOIN deliveries d ON d.delivery_id = k.delivery_id WHERE k.pool_id = @pool", new { pool });
        Assert.Equal(12, codes.Count);
        Assert.True(mails.Length >= 24, "Each message was tried twice.");
        foreach (var (code, email) in codes)
        {
            var theirs = mails.Where(mail => mail.To.Single()[1] == email).ToArray();
            Assert.All(theirs, mail => Assert.Contains($"Kode: {code}.", mail.Parts[0].Body, StringComparison.Ordinal));
        }

        var pools = await host.Marketer.GetAsync($"{Pools}/{pool}").OkJsonAsync();
        Assert.Equal((20, 8, 12, 0), (Number(pools, "codes"), Number(pools, "free"), Number(pools, "assigned"), Number(pools, "redeemed")));
    }

    [Fact]
    public async Task Whoever_would_get_no_code_gets_no_message_or_waits_for_more_codes()
    {
        var (skipTag, waitTag) = (CampaignHost.NewTag(), CampaignHost.NewTag());
        await host.RegisterAsync(skipTag, 5);
        await host.RegisterAsync(waitTag, 5);
        var (skip, skipPool) = await CreatePoolAsync();
        var (wait, waitPool) = await CreatePoolAsync("wait");
        await GenerateAsync(skipPool, 3);
        await GenerateAsync(waitPool, 3);
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);

        var skipping = await host.CreateCampaignAsync(skipTag, html: $$$"""<p>{{coupon "{{{skip}}}"}}</p>""");
        var waiting = await host.CreateCampaignAsync(waitTag, html: $$$"""<p>{{coupon "{{{wait}}}"}}</p>""");
        await host.ActAsync(skipping, "launch");
        await host.ActAsync(waiting, "launch");
        await host.FinishedAsync(skipping);

        Assert.Equal(["no_coupon", "no_coupon"], await host.ListAsync<string>("SELECT reason FROM deliveries WHERE campaign_id = @skipping AND state = 'skipped'", new { skipping }));
        await Eventually.Holds(async () => Assert.Equal(
            2, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @waiting AND state = 'planned' AND not_before > now() + interval '10 minutes' AND attempts = 0", new { waiting })));
        await host.CountersAgreeAsync(skipping);

        // The chunk sleeps until then; its time is written after those of its deliveries.
        await Eventually.Holds(async () => Assert.Equal(
            1, await host.QueryAsync<long>("SELECT count(*) FROM chunks WHERE campaign_id = @waiting AND due_at > now() + interval '10 minutes'", new { waiting })));

        await GenerateAsync(waitPool, 2);
        await host.ListAsync<int>(
            """
            WITH earlier AS (UPDATE chunks SET due_at = now() WHERE campaign_id = @waiting AND due_at IS NOT NULL)
            UPDATE deliveries SET not_before = now() WHERE campaign_id = @waiting AND state = 'planned' RETURNING 1
            """,
            new { waiting });
        await host.FinishedAsync(waiting);
        Assert.Equal(5, await host.QueryAsync<long>("SELECT count(*) FROM coupon_codes WHERE pool_id = @waitPool AND delivery_id IS NOT NULL", new { waitPool }));
        Assert.Equal(8, relay.Contents.Count);
        await host.CountersAgreeAsync(waiting);
    }

    [Fact]
    public async Task Of_fifty_redemptions_at_once_one_succeeds()
    {
        var code = await IssuedAsync((await CreatePoolAsync()).Id);
        var till = Till;

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(number => till.PostAsync(Redemptions, new { code, reference = $"R{number}" })));

        var statuses = answers.Select(answer => (int)answer.StatusCode).ToArray();
        Assert.Equal(1, statuses.Count(status => status == 200));
        Assert.Equal(49, statuses.Count(status => status == 409));
        Assert.Equal((409, "campaign.coupon_redeemed", "code"), await till.PostAsync(Redemptions, new { code }).ProblemAsync());
    }

    [Fact]
    public async Task A_till_is_told_why_a_code_is_not_taken()
    {
        var (_, pool) = await CreatePoolAsync();
        await GenerateAsync(pool, 1);
        var free = await host.QueryAsync<string>("SELECT code FROM coupon_codes WHERE pool_id = @pool", new { pool });
        var expired = await IssuedAsync((await CreatePoolAsync()).Id);
        await host.ListAsync<int>("UPDATE coupon_pools SET valid_until = now() - interval '1 second' WHERE id = (SELECT pool_id FROM coupon_codes WHERE code = @expired) RETURNING 1", new { expired });
        var typo = free![..^1] + CouponCode.Alphabet.First(character => character != free[^1]);

        Assert.Equal((409, "campaign.coupon_not_issued", "code"), await Till.PostAsync(Redemptions, new { code = free }).ProblemAsync());
        Assert.Equal((409, "campaign.coupon_expired", "code"), await Till.PostAsync(Redemptions, new { code = expired }).ProblemAsync());
        Assert.Equal((422, "campaign.coupon_mistyped", "code"), await Till.PostAsync(Redemptions, new { code = typo }).ProblemAsync());
        Assert.Equal((404, "campaign.coupon_unknown", null), await Till.PostAsync(Redemptions, new { code = "NOPE-1" }).ProblemAsync());
        Assert.Equal(403, (int)(await host.Marketer.PostAsync(Redemptions, new { code = free })).StatusCode);
        var valid = await IssuedAsync(pool);
        var redeemed = await Till.PostAsync(Redemptions, new { code = $" {valid.ToLowerInvariant()[..5]} {valid[5..]}", reference = "S-1" }).OkJsonAsync();
        Assert.Equal((valid, "Rp 10.000", "S-1"), (redeemed.GetProperty("code").GetString(), redeemed.GetProperty("worthId").GetString(), redeemed.GetProperty("reference").GetString()));
    }

    [Fact]
    public async Task Codes_of_a_file_are_added_once_and_lines_that_are_no_codes_are_named()
    {
        var (_, pool) = await CreatePoolAsync();
        var prefix = CampaignHost.NewId().ToString("N")[24..].ToUpperInvariant();
        var csv = $"code,note\r\n{prefix}-1,x\r\n\"{prefix}-2\",\"a\nb\"\r\n{prefix.ToLowerInvariant()}-1,again\r\nkode salah!,x\r\n\r\n{prefix}-3\r\n";

        var first = await ImportAsync(pool, csv);
        Assert.Equal((3, 1, 1), (Number(first, "added"), Number(first, "duplicates"), Number(first, "invalid")));
        Assert.Equal(("KODESALAH!", 6), (first.GetProperty("faults")[0].GetProperty("code").GetString(), Number(first.GetProperty("faults")[0], "line")));
        var second = await ImportAsync(pool, csv);
        Assert.Equal((0, 4), (Number(second, "added"), Number(second, "duplicates")));
        Assert.Equal(3, await host.QueryAsync<long>("SELECT count(*) FROM coupon_codes WHERE pool_id = @pool", new { pool }));
    }

    [Theory]
    [InlineData("PROMO-###", 10, "campaign.coupon_pattern_weak")]
    [InlineData("promo-########", 10, "campaign.coupon_pattern_invalid")]
    [InlineData("PROMO", 10, "campaign.coupon_pattern_invalid")]
    [InlineData("########", 100_000, "campaign.coupon_pattern_weak")]
    public async Task Codes_that_could_be_guessed_are_not_made(string pattern, int count, string code) => Assert.Equal(
        (422, code, "pattern"), await host.Marketer.PostAsync($"{Pools}/{(await CreatePoolAsync()).Id}/generate", new { pattern, count }).ProblemAsync());

    [Fact]
    public async Task A_pool_has_a_name_of_its_own_and_templates_only_name_pools_that_there_are()
    {
        var (name, id) = await CreatePoolAsync();

        Assert.Equal((409, "campaign.coupon_pool_exists", "name"), await host.Marketer.PostAsync(Pools, Pool(name)).ProblemAsync());
        Assert.Equal((422, "campaign.coupon_validity_invalid", "validUntil"), await host.Marketer.PostAsync(Pools, Pool(name + "x", validDays: -100_000)).ProblemAsync());
        Assert.Equal("wait", (await host.Marketer.PutAsync($"{Pools}/{id}", Pool(name, "wait"), 1).OkJsonAsync()).GetProperty("whenEmpty").GetString());
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync($"{Pools}/{id}", Pool(name), 1).ProblemAsync());
        Assert.Equal(
            (422, "campaign.unknown_coupon_pool", "contents"),
            await host.Marketer.PostAsync("/api/campaign/v1/templates", new { name = "t", channel = "sms", contents = new { id = new { text = "{{coupon \"no-such-pool\"}}" } } }).ProblemAsync());
    }

    [Fact]
    public void Codes_have_no_look_alikes_and_a_wrong_character_shows() => Prop.ForAll(
        Gen.Choose(0, 11).ToArbitrary(), Gen.Choose(1, CouponCode.Alphabet.Length - 1).ToArbitrary(), (place, shift) =>
        {
            const string pattern = "AB-####-########";
            var code = CouponCode.Generate(pattern);
            Assert.Equal(CouponMatch.Made, CouponCode.Match(pattern, code));
            Assert.DoesNotContain(code[3..], character => "0O1I2Z5S8B".Contains(character, StringComparison.Ordinal));

            var wrong = code.ToCharArray();
            var at = Enumerable.Range(0, pattern.Length).Where(index => pattern[index] == '#').ElementAt(place);
            wrong[at] = CouponCode.Alphabet[(CouponCode.Alphabet.IndexOf(wrong[at], StringComparison.Ordinal) + shift) % CouponCode.Alphabet.Length];
            Assert.Equal(CouponMatch.Mistyped, CouponCode.Match(pattern, new string(wrong)));
        }).Check(Config.QuickThrowOnFailure);

    private static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    /// <summary>A code of the pool as if it had been sent to somebody.</summary>
    private async Task<string> IssuedAsync(Guid pool)
    {
        await GenerateAsync(pool, 1);
        return (await host.QueryAsync<string>(
            """
            UPDATE coupon_codes SET delivery_id = @id, customer_id = @id, assigned_at = now()
            WHERE code = (SELECT code FROM coupon_codes WHERE pool_id = @pool AND delivery_id IS NULL LIMIT 1) RETURNING code
            """,
            new { pool, id = CampaignHost.NewId() }))!;
    }
}
