using System.Text.Json;

namespace Crm.Seed.Steps;

/// <summary>Two segments, two templates and a campaign that waits for somebody to launch it. What has one of the names stays as it is.</summary>
internal static class PrepareCampaign
{
    private const string Api = "api/campaign/v1";

    private static readonly object WinBack = new
    {
        all = new object[]
        {
            new { field = "purchaseCount", op = "gte", value = 2 },
            new { field = "pAlive", op = "lt", value = 0.5 },
            new { field = "clvPercentile", op = "gt", value = 0.8 },
            new { field = "consent.email", op = "eq", value = true },
        },
    };

    private static readonly object FaithfulMembers = new
    {
        all = new object[]
        {
            new { field = "isMember", op = "eq", value = true },
            new { field = "frequencyScore", op = "gte", value = 4 },
            new { field = "consent.email", op = "eq", value = true },
        },
    };

    private static readonly object WinBackTexts = Texts(
        "Kami rindu Anda, {{firstName}}",
        "<p>Halo {{displayName}},</p><p>sudah lama Anda tidak mampir. Ada kejutan untuk Anda di toko kami.</p>"
        + "{{#if points}}<p>Poin Anda: {{points}}.</p>{{/if}}<p><a href=\"https://example.com/kejutan\">Lihat kejutannya</a></p>",
        "We miss you, {{firstName}}",
        "<p>Hello {{displayName}},</p><p>it has been a while. There is a surprise for you in our shop.</p>"
        + "{{#if points}}<p>Your points: {{points}}.</p>{{/if}}<p><a href=\"https://example.com/surprise\">See the surprise</a></p>");

    private static readonly object ThankYouTexts = Texts(
        "Terima kasih, {{firstName}}",
        "<p>Halo {{displayName}},</p><p>terima kasih telah menjadi anggota setia. Poin Anda: {{points}}.</p>"
        + "<p><a href=\"https://example.com/poin\">Tukarkan poin</a></p>",
        "Thank you, {{firstName}}",
        "<p>Hello {{displayName}},</p><p>thank you for being a faithful member. Your points: {{points}}.</p>"
        + "<p><a href=\"https://example.com/points\">Redeem points</a></p>");

    public static async Task RunAsync(Run run, CancellationToken cancellationToken)
    {
        var (winBack, first) = await EnsureAsync(run, "segments", "Pelanggan berharga yang menjauh", name => new { name, criteria = WinBack }, cancellationToken);
        var (_, second) = await EnsureAsync(run, "segments", "Anggota setia", name => new { name, criteria = FaithfulMembers }, cancellationToken);
        var (template, third) = await EnsureAsync(run, "templates", "Kami rindu Anda", name => new { name, contents = WinBackTexts }, cancellationToken);
        var (_, fourth) = await EnsureAsync(run, "templates", "Terima kasih", name => new { name, contents = ThankYouTexts }, cancellationToken);
        var (_, fifth) = await EnsureAsync(
            run, "campaigns", "Ajak kembali",
            name => new { name, segmentId = winBack, templateId = template, senderName = "Toko Nusantara", fromAddress = "halo@example.com" }, cancellationToken);
        var created = new[] { first, second, third, fourth, fifth }.Count(isNew => isNew);
        run.Report.Add(new PartReport("segments, templates and draft campaigns", 5, created, $"{created} created"));
    }

    private static async Task<(Guid Id, bool IsNew)> EnsureAsync(Run run, string list, string name, Func<string, object> body, CancellationToken cancellationToken)
    {
        await foreach (var item in run.Platform.ListAsync($"{Api}/{list}", cancellationToken))
        {
            if (item.GetProperty("name").GetString() == name) return (item.GetProperty("id").GetGuid(), false);
        }

        var created = await run.Platform.PostAsync($"{Api}/{list}", body(name), $"seed {run.Population.Source} {list} {name} {run.Id}", cancellationToken);
        return (created.GetProperty("id").GetGuid(), true);
    }

    private static Dictionary<string, object> Texts(string subjectId, string htmlId, string subjectEn, string htmlEn) => new()
    {
        ["id"] = new { subject = subjectId, html = htmlId },
        ["en"] = new { subject = subjectEn, html = htmlEn },
    };
}
