using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Inbound.Classification;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Inbound;

/// <summary>
/// What a bounce, complaint or reply does: it is recorded, told to the other services the first time, and ends writing to the address where
/// it must. In the transaction of whoever calls; a sender asks for suppressions with every claim, so it counts from the next one.
/// </summary>
internal sealed class DeliveryFeedback(UnitOfWork unitOfWork, UnknownSettlement settlement, Ids ids, TimeProvider time, IOptions<InboundOptions> options)
{
    /// <returns>False where there is no such delivery.</returns>
    public async Task<bool> ApplyAsync(Guid deliveryId, MailVerdict verdict, CancellationToken cancellationToken)
    {
        // Locked: of two reports at once one is the first.
        var delivery = await unitOfWork.QuerySingleOrDefaultAsync<ReportedDelivery>(
            """
            SELECT d.delivery_id, d.campaign_id, c.name AS campaign_name, d.customer_id, d.channel, d.email, d.state,
                ARRAY(SELECT kind || coalesce('/' || bounce, '') FROM responses r WHERE r.delivery_id = d.delivery_id AND r.kind IN ('bounced', 'complained', 'replied')) AS known
            FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id WHERE d.delivery_id = @deliveryId FOR NO KEY UPDATE OF d
            """,
            new { deliveryId },
            cancellationToken);
        if (delivery is null) return false;

        // Whatever comes back shows that the relay took the message: sent, and not to be sent again.
        if (delivery.State == "unknown") await settlement.SentAsync(delivery.CampaignId, [deliveryId], $"settled: {InboundMail.NameOf(verdict.Kind)} came back", cancellationToken);
        if (Effect(verdict.Kind) is not { } effect) return true;

        var now = time.GetUtcNow();
        var (kind, bounce) = effect;
        var name = kind.ToString().ToLowerInvariant();
        var first = !delivery.Known.Contains(bounce is null ? name : $"{name}/{bounce}");
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, occurred_at, bounce, detail)
            VALUES (@id, @DeliveryId, @CampaignId, @CustomerId, @name, @now, @bounce, @detail)
            """,
            new { id = ids.Next(), delivery.DeliveryId, delivery.CampaignId, delivery.CustomerId, name, now, bounce, detail = OneLine(verdict) },
            cancellationToken);
        if (!first) return true;

        unitOfWork.Enqueue(new CampaignResponded(
            ids.Next(), now, delivery.CampaignId, delivery.CampaignName, delivery.DeliveryId, delivery.CustomerId, delivery.Channel, kind, null, Bounce: bounce));
        var reason = verdict.Kind switch
        {
            MailKind.HardBounce => "bounced",
            MailKind.Complaint => "complained",
            MailKind.SoftBounce when await SoftlyTooOftenAsync(delivery.CustomerId, now, cancellationToken) => "bounced_softly",
            _ => null,
        };
        if (reason is not null) await SuppressAsync(delivery, reason, now, cancellationToken);
        return true;
    }

    private static (ResponseKind Kind, string? Bounce)? Effect(MailKind kind) => kind switch
    {
        MailKind.HardBounce => (ResponseKind.Bounced, "hard"),
        MailKind.SoftBounce => (ResponseKind.Bounced, "soft"),
        MailKind.Complaint => (ResponseKind.Complained, null),
        MailKind.Reply => (ResponseKind.Replied, null),
        _ => null,
    };

    private async Task<bool> SoftlyTooOftenAsync(Guid customerId, DateTimeOffset now, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<long>(
            "SELECT count(DISTINCT delivery_id) FROM responses WHERE customer_id = @customerId AND bounce = 'soft' AND occurred_at > @since",
            new { customerId, since = now.AddDays(-options.Value.SoftBounceDays) },
            cancellationToken) >= options.Value.SoftBounceLimit;

    /// <summary>
    /// A bounce is about the address, whoever has it: a customer with a new one is written to again. A complaint is the person's as well.
    /// Renewed consent lifts neither.
    /// </summary>
    private async Task SuppressAsync(ReportedDelivery delivery, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var of = new { delivery.CustomerId, delivery.Channel, delivery.CampaignId, address = delivery.Email?.ToLowerInvariant(), reason, now };
        if (delivery is { Channel: "email", Email: not null })
        {
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO suppressed_addresses (address, channel, kind, reason, campaign_id, created_at)
                VALUES (@address, @Channel, 'email', @reason, @CampaignId, @now) ON CONFLICT (address, channel) DO NOTHING
                """,
                of,
                cancellationToken);
            if (reason != "complained") return;
        }

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO suppressions (customer_id, channel, reason, campaign_id, created_at) VALUES (@CustomerId, @Channel, @reason, @CampaignId, @now)
            ON CONFLICT (customer_id, channel) DO UPDATE SET reason = EXCLUDED.reason, campaign_id = EXCLUDED.campaign_id, created_at = EXCLUDED.created_at
                WHERE suppressions.reason = 'unsubscribed'
            """,
            of,
            cancellationToken);
    }

    /// <summary>At most 300 characters, no controls: it ends up on screens.</summary>
    internal static string? OneLine(MailVerdict verdict)
    {
        var text = string.Join(' ', new[] { verdict.Status, verdict.Detail }.Where(part => !string.IsNullOrWhiteSpace(part)));
        text = new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]).Trim();
        return text.Length switch { 0 => null, > 300 => text[..(char.IsHighSurrogate(text[299]) ? 299 : 300)], _ => text };
    }

    private sealed record ReportedDelivery(Guid DeliveryId, Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, string? Email, string State, string[] Known);
}
