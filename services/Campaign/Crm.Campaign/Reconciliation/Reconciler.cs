using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Dispatching;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Reconciliation;

/// <summary>
/// Finds out what became of unknown deliveries. A response of whatever kind, a scanner's too, says that it arrived; the journal says it of every
/// message that the relay took, and, where it is complete, that it never took one. What nobody can say stays unknown, or is sent again, as the
/// campaign has it.
/// </summary>
internal sealed partial class Reconciler(
    IServiceScopeFactory scopes, IEnumerable<IRelayJournal> journals, TrackingTokens tokens, IOptions<ReconcileOptions> options, TimeProvider time, ILogger<Reconciler> log)
    : BackgroundService
{
    private const int BatchSize = 500;
    private readonly IRelayJournal? _journal = journals.SingleOrDefault();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ReconcileAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                ReconciliationFailed(log, exception.Message);
            }
        }
    }

    /// <summary>One look at every unknown delivery that is old enough.</summary>
    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        var (campaign, delivery) = (Guid.Empty, Guid.Empty);
        while (true)
        {
            var batch = await NextAsync(campaign, delivery, cancellationToken);
            foreach (var group in batch.GroupBy(unknown => unknown.CampaignId)) await SettleAsync(group.Key, [.. group], cancellationToken);
            if (batch.Count < BatchSize) return;
            (campaign, delivery) = (batch[^1].CampaignId, batch[^1].DeliveryId);
        }
    }

    private async Task<IReadOnlyList<Unknown>> NextAsync(Guid afterCampaign, Guid afterDelivery, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork>().QueryAsync<Unknown>(
            """
            SELECT d.campaign_id, d.delivery_id, d.channel, d.claimed_at, EXISTS (SELECT 1 FROM responses r WHERE r.delivery_id = d.delivery_id) AS responded,
                coalesce(p.on_unknown, @OnUnknown) AS on_unknown
            FROM deliveries d LEFT JOIN campaign_pacing p ON p.campaign_id = d.campaign_id
            WHERE d.state = 'unknown' AND (d.campaign_id, d.delivery_id) > (@afterCampaign, @afterDelivery) AND d.claimed_at <= @before
            ORDER BY d.campaign_id, d.delivery_id LIMIT @BatchSize
            """,
            new { afterCampaign, afterDelivery, before = time.GetUtcNow() - options.Value.After, CampaignPacing.None.OnUnknown, BatchSize },
            cancellationToken);
    }

    private async Task SettleAsync(Guid campaignId, IReadOnlyList<Unknown> unknowns, CancellationToken cancellationToken)
    {
        // The journal is asked while no transaction is open.
        var mails = unknowns.Where(unknown => unknown is { Channel: ChannelNames.Email, Responded: false }).ToDictionary(unknown => tokens.MessageId(unknown.DeliveryId));
        var answer = _journal is null || mails.Count == 0 ? null : await _journal.FindAsync(mails.Keys, cancellationToken);
        var taken = answer is null ? [] : answer.Taken.Where(pair => mails.ContainsKey(pair.Key)).ToDictionary(pair => mails[pair.Key].DeliveryId, pair => pair.Value);
        var resent = unknowns.Where(unknown => !unknown.Responded && !taken.ContainsKey(unknown.DeliveryId) && (IsRuledOut(unknown, answer) || unknown.OnUnknown == "resend"));

        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var settlement = scope.ServiceProvider.GetRequiredService<UnknownSettlement>();
        var sent = await settlement.SentAsync(campaignId, [.. unknowns.Where(unknown => unknown.Responded).Select(unknown => unknown.DeliveryId)], "it was responded to", cancellationToken);
        foreach (var evidence in taken.GroupBy(pair => pair.Value, pair => pair.Key)) sent += await settlement.SentAsync(campaignId, [.. evidence], evidence.Key, cancellationToken);
        var planned = await settlement.ResendAsync(campaignId, [.. resent.Select(unknown => unknown.DeliveryId)], cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        if (sent + planned > 0) Reconciled(log, campaignId, sent, planned);
    }

    /// <summary>The journal holds everything since before the message could have been handed over, and does not hold it.</summary>
    private static bool IsRuledOut(Unknown unknown, JournalAnswer? answer) =>
        unknown.Channel == ChannelNames.Email && answer is not null && (answer.CompleteFrom is null || answer.CompleteFrom <= unknown.ClaimedAt);

    [LoggerMessage(LogLevel.Warning, "Unknown deliveries could not be reconciled and are tried again: {Reason}")]
    private static partial void ReconciliationFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Information, "Of campaign {CampaignId}'s unknown deliveries {Sent} had arrived and {Planned} are sent again")]
    private static partial void Reconciled(ILogger log, Guid campaignId, int sent, int planned);

    private sealed record Unknown(Guid CampaignId, Guid DeliveryId, string Channel, DateTimeOffset ClaimedAt, bool Responded, string OnUnknown);
}
