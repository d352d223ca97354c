using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Receipts;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Dispatching;

/// <summary>Somebody to take into a campaign's ledger.</summary>
/// <param name="Exclusion">Why they are not to be written to; null: they are.</param>
/// <param name="Occasion">What makes another message of the same campaign to them a different one; empty for a broadcast.</param>
internal sealed record LedgerMember(Guid CustomerId, string? Language, string? Exclusion, string Occasion = "");

/// <param name="Reason">Why skipped; null: planned.</param>
internal sealed record WrittenDelivery(Guid CustomerId, string Occasion, Guid DeliveryId, string? Reason);

/// <summary>
/// Takes people into the ledger of a running campaign as one chunk, and hands the chunk to the senders of its channel. Whoever is not to
/// be written to gets a row too, with the reason. Who is in the ledger already, for the same occasion, stays as he is: nobody is sent
/// the same twice, however often this is called.
/// </summary>
internal sealed class LedgerWriter(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    /// <summary>The rows that were new. The campaign's row is locked by the caller (<see cref="RunningCampaign.FindAsync"/>).</summary>
    public async Task<IReadOnlyList<WrittenDelivery>> WriteAsync(RunningCampaign campaign, IReadOnlyList<LedgerMember> members, CancellationToken cancellationToken)
    {
        if (members.Count == 0) return [];
        var now = time.GetUtcNow();
        var template = new PreparedTemplate(campaign.Languages.ToDictionary(language => language, _ => new PreparedContent("", "", "")), []);
        var seq = 1 + await unitOfWork.QuerySingleOrDefaultAsync<int>(
            "SELECT coalesce(max(seq), 0) FROM chunks WHERE campaign_id = @Id", new { campaign.Id }, cancellationToken);
        var written = await unitOfWork.QueryAsync<WrittenDelivery>(
            """
            INSERT INTO deliveries (campaign_id, customer_id, channel, occasion, delivery_id, chunk, state, reason, language, not_before)
            SELECT @Id, m.customer_id, @Channel, m.occasion, m.delivery_id, @seq, CASE WHEN m.reason IS NULL THEN 'planned' ELSE 'skipped' END, m.reason,
                m.language, @now
            FROM unnest(@customers, @occasions, @deliveries, @reasons, @languages) AS m (customer_id, occasion, delivery_id, reason, language)
            ON CONFLICT DO NOTHING
            RETURNING customer_id, occasion, delivery_id, reason
            """,
            new
            {
                campaign.Id, campaign.Channel, seq, now,
                customers = members.Select(member => member.CustomerId).ToArray(),
                occasions = members.Select(member => member.Occasion).ToArray(),
                deliveries = members.Select(_ => ids.Next()).ToArray(),
                reasons = members.Select(member => member.Exclusion ?? (Holdout.Contains(campaign.Id, member.CustomerId, campaign.HoldoutPercent) ? "holdout" : null)).ToArray(),
                languages = members.Select(member => template.LanguageFor(member.Language)).ToArray(),
            },
            cancellationToken);
        if (written.Count == 0) return written;

        await DeliveryEvidence.RecordAsync(
            campaign.Channel, campaign.Criteria, campaign.LaunchedAt, [.. written.Select(delivery => delivery.DeliveryId)], now, unitOfWork, cancellationToken);
        var skipped = written.Count(delivery => delivery.Reason is not null);
        await unitOfWork.ExecuteAsync(
            "INSERT INTO chunks (campaign_id, seq, recipients, skipped, epoch, enqueued_at) VALUES (@Id, @seq, @Count, @skipped, @Epoch, @now)",
            new { campaign.Id, seq, written.Count, skipped, campaign.Epoch, now },
            cancellationToken);
        if (skipped < written.Count) unitOfWork.Enqueue(SendChunk.For(campaign.Channel, campaign.Id, campaign.Epoch, seq));
        return written;
    }
}
