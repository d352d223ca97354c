using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Crm.Campaign.Tests.Smtp;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Campaign.Tests.Channels;

[Collection(CampaignCollection.Name)]
public sealed class PrintRunTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Every_letter_is_in_one_volume_of_the_run_whose_files_are_what_the_manifest_says()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 25, number => number == 24 ? ChannelCampaigns.Reachable(tag, number) with { Street = null } : ChannelCampaigns.Reachable(tag, number));
        var campaign = await SendAsync(tag, ("Print:LettersPerVolume", "10"));

        var statistics = await host.StatisticsAsync(campaign);
        Assert.Equal(24, statistics.GetProperty("sent").GetInt64());
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM deliveries WHERE campaign_id = @campaign AND state = 'skipped' AND reason = 'no_address'", new { campaign }));
        var run = await RunAsync(campaign);
        Assert.Equal((24, true), (run.GetProperty("letters").GetInt64(), run.GetProperty("complete").GetBoolean()));
        var volumes = run.GetProperty("volumes").EnumerateArray().ToArray();
        Assert.Equal([10, 10, 4], volumes.Select(volume => volume.GetProperty("letters").GetInt32()));

        var (pages, lines) = (0, new List<string>());
        foreach (var file in volumes.SelectMany(volume => volume.GetProperty("files").EnumerateArray()))
        {
            var content = await DownloadAsync(file.GetProperty("url").GetString()!);
            Assert.Equal(file.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(content)));
            if (file.GetProperty("kind").GetString() == "csv") lines.AddRange(System.Text.Encoding.UTF8.GetString(content).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1));
            else pages += (await LetterBookTests.ReadAsync(content, "-layout")).Count(character => character == '\f');
        }

        Assert.Equal((24, 24), (pages, lines.Count));
        Assert.Equal(24, lines.Select(line => line.Split(',')[2]).Distinct().Count());
        Assert.Equal(24, await host.QueryAsync<long>("SELECT count(*) FROM print_letters l JOIN deliveries d ON d.delivery_id = l.delivery_id AND d.state = 'sent' WHERE d.campaign_id = @campaign", new { campaign }));
        var downloads = await host.ClientFor(Roles.Ops).GetAsync($"/api/campaign/v1/campaigns/{campaign}/file-downloads").OkJsonAsync();
        Assert.Equal(6, downloads.GetProperty("items").GetArrayLength());
        await host.CountersAgreeAsync(campaign);
    }

    [Fact]
    public async Task Letters_are_personal_in_both_languages_and_kept_in_a_directory_where_one_is_set()
    {
        var directory = Directory.CreateTempSubdirectory("print-");
        try
        {
            var tag = CampaignHost.NewTag();
            await host.RegisterReachableAsync(tag, 2);
            var campaign = await SendAsync(tag, ("Print:Directory", directory.FullName));
            var file = Directory.GetFiles(directory.FullName, "*.pdf", SearchOption.AllDirectories).Single();
            var text = await LetterBookTests.ReadAsync(await File.ReadAllBytesAsync(file), "-layout");

            Assert.Contains("Promo untuk Siti Rahma 0", text, StringComparison.Ordinal);
            Assert.Contains("EN Halo Siti", text, StringComparison.Ordinal);
            Assert.Contains("Bandung 40111", text, StringComparison.Ordinal);
            Assert.Contains("Toko Sejahtera · Jl. Asia Afrika 8", text, StringComparison.Ordinal);
            Assert.Equal(2, await host.QueryAsync<long>("SELECT count(*) FROM print_files f JOIN print_runs r ON r.id = f.run_id WHERE r.campaign_id = @campaign AND f.path IS NOT NULL", new { campaign }));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_run_that_was_closed_is_left_alone_and_later_letters_begin_another()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 4);
        var campaign = await SendAsync(tag);
        var first = await RunAsync(campaign);
        var closed = await host.Marketer.PostAsync($"/api/campaign/v1/print-runs/{first.GetProperty("id").GetGuid()}/close", new { }).OkJsonAsync();
        Assert.NotEqual(JsonValueKind.Null, closed.GetProperty("closedAt").ValueKind);

        // As after a crash between the volume and the ledger, for three; the fourth was not in a volume yet.
        await host.ListAsync<int>(
            """
            WITH late AS (DELETE FROM print_letters WHERE delivery_id = (SELECT max(delivery_id::text)::uuid FROM deliveries WHERE campaign_id = @campaign))
            UPDATE deliveries SET state = 'planned', not_before = now() WHERE campaign_id = @campaign RETURNING 1
            """,
            new { campaign });
        await host.ListAsync<int>("UPDATE chunks SET sent = 0, enqueued_at = now() - interval '1 hour' WHERE campaign_id = @campaign RETURNING 1", new { campaign });
        await host.ListAsync<int>("UPDATE campaigns SET state = 'sending' WHERE id = @campaign RETURNING 1", new { campaign });
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay);
        await host.FinishedAsync(campaign);

        var runs = (await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/print-runs").OkJsonAsync()).GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal([4L, 1L], runs.Select(run => run.GetProperty("letters").GetInt64()));
        Assert.Equal(4, (await host.StatisticsAsync(campaign)).GetProperty("sent").GetInt64());
    }

    [Fact]
    public async Task A_file_that_is_not_what_was_stored_is_not_given_out_and_nobody_else_may_have_one()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterReachableAsync(tag, 1);
        var campaign = await SendAsync(tag);
        var url = (await RunAsync(campaign)).GetProperty("volumes")[0].GetProperty("files")[0].GetProperty("url").GetString()!;
        using var forbidden = await host.ClientFor(Roles.ServiceAgent).GetAsync(url);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
        Assert.Equal((404, "campaign.print_file_not_found", null), await host.Marketer.GetAsync(url[..url.LastIndexOf('/')] + "/exe").ProblemAsync());

        await host.ListAsync<int>("UPDATE print_files f SET sha256 = repeat('0', 64) FROM print_runs r WHERE r.id = f.run_id AND r.campaign_id = @campaign RETURNING 1", new { campaign });
        using var spoilt = await host.Marketer.GetAsync(url);
        Assert.Equal(HttpStatusCode.InternalServerError, spoilt.StatusCode);
        Assert.Equal(0, await host.QueryAsync<long>("SELECT count(*) FROM file_downloads WHERE campaign_id = @campaign", new { campaign }));
    }

    private async Task<Guid> SendAsync(string tag, params (string Key, string Value)[] settings)
    {
        await using var relay = new ScriptedSmtpServer(Relay.Capabilities);
        await using var sender = await SenderHost.StartAsync(host, relay, settings);
        var campaign = await host.LaunchAsync(tag, "post", "Jl. Asia Afrika 8, Bandung 40112", "Promo untuk {{displayName}}", "Halo {{firstName}},\n\nada promo untuk Anda.");
        await host.FinishedAsync(campaign);
        return campaign;
    }

    private async Task<JsonElement> RunAsync(Guid campaign)
    {
        var runs = await host.Marketer.GetAsync($"/api/campaign/v1/campaigns/{campaign}/print-runs").OkJsonAsync();
        return await host.Marketer.GetAsync($"/api/campaign/v1/print-runs/{runs.GetProperty("items")[0].GetProperty("id").GetGuid()}").OkJsonAsync();
    }

    private async Task<byte[]> DownloadAsync(string url)
    {
        using var response = await host.Marketer.GetAsync(url);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync();
    }
}
