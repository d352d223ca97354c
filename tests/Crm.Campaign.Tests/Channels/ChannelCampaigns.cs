using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Campaign.Tests.Channels;

/// <summary>Customers whom every channel reaches, and campaigns on one.</summary>
internal static class ChannelCampaigns
{
    private static readonly string[] Consents = ["email", "sms", "whatsapp", "phone", "post", "push", "webhook"];

    public static CustomerSnapshot Reachable(string tag, int number, string zone = "Asia/Jakarta", bool consent = true) => CampaignHost.Customer(tag, number) with
    {
        DisplayName = $"Siti Rahma {number}",
        GivenName = "Siti",
        Phone = PhoneOf(tag, number),
        TimeZone = zone,
        Street = $"Jl. Merdeka {number + 1}",
        PostalCode = "40111",
        City = "Bandung",
        Province = "Jawa Barat",
        Country = "ID",
        Consents = [.. Consents.Select(channel => new ConsentState(channel, "marketing", consent, CampaignHost.Registered))],
    };

    /// <summary>Tests keep apart by numbers too: what is suppressed in one must not be in another.</summary>
    public static string PhoneOf(string tag, int number) => $"+62812{(uint)tag.GetHashCode(StringComparison.Ordinal) % 100_000:d5}{number:d3}";

    public static Task<IReadOnlyList<CustomerSnapshot>> RegisterReachableAsync(this CampaignHost host, string tag, int count) =>
        host.RegisterAsync(tag, count, number => Reachable(tag, number));

    public static async Task<Guid> CreateAsync(this CampaignHost host, string tag, string channel, string from, string? subject, string text)
    {
        var segment = await host.Marketer.PostAsync("/api/campaign/v1/segments", new { name = tag, criteria = new { field = "tags", op = "contains", value = tag } }).OkJsonAsync();
        var template = await host.Marketer.PostAsync("/api/campaign/v1/templates", new
        {
            name = tag,
            channel,
            contents = new Dictionary<string, object> { ["id"] = Content(subject, text), ["en"] = Content(subject, "EN " + text) },
        }).OkJsonAsync();
        var campaign = await host.Marketer.PostAsync("/api/campaign/v1/campaigns", new
        {
            name = tag,
            channel,
            segmentId = segment.GetProperty("id").GetGuid(),
            templateId = template.GetProperty("id").GetGuid(),
            senderName = "Toko Sejahtera",
            fromAddress = from,
        }).OkJsonAsync();
        return campaign.GetProperty("id").GetGuid();
    }

    public static async Task<Guid> LaunchAsync(this CampaignHost host, string tag, string channel, string from, string? subject, string text)
    {
        var id = await host.CreateAsync(tag, channel, from, subject, text);
        await host.ActAsync(id, "launch");
        return id;
    }

    private static object Content(string? subject, string text) => subject is null ? new { text } : new { subject, text };
}
