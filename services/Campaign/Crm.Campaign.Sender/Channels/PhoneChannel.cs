using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Sending;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Channels;

/// <summary>Handing over is a row of the campaign's call list, with the script for this customer.</summary>
internal sealed class PhoneChannel(MessageComposer composer, IServiceScopeFactory scopes, TimeProvider time, ILogger<PhoneChannel> log) : RowChannel(ChannelNames.Phone, "calls", composer, scopes, log)
{
    /// <summary>Of customers whose zone nobody knows.</summary>
    private const string HomeZone = "Asia/Jakarta";

    protected override async Task<string?> WriteAsync(SendingCampaign campaign, IReadOnlyList<PreparedClaim> claims, UnitOfWork unitOfWork)
    {
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO call_tasks (id, campaign_id, customer_id, language, time_zone, topic, script, state, due_at, created_at)
            SELECT c.id, @Id, c.customer_id, c.language, c.zone, c.topic, c.script, 'open', @now, @now
            FROM unnest(@ids, @customers, @languages, @zones, @topics, @scripts) AS c (id, customer_id, language, zone, topic, script)
            ON CONFLICT (id) DO NOTHING
            """,
            new
            {
                campaign.Id,
                now = time.GetUtcNow(),
                ids = claims.Select(claim => claim.Claim.DeliveryId).ToArray(),
                customers = claims.Select(claim => claim.Claim.Recipient.CustomerId).ToArray(),
                languages = claims.Select(claim => claim.Claim.Language).ToArray(),
                zones = claims.Select(claim => ZoneOf(claim.Claim)).ToArray(),
                topics = claims.Select(claim => claim.Message.Subject).ToArray(),
                scripts = claims.Select(claim => claim.Message.Text.Trim()).ToArray(),
            },
            CancellationToken.None);
        return null;
    }

    private static string ZoneOf(Claim claim) => claim.Recipient.TimeZone is { } zone && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) ? zone : HomeZone;
}
