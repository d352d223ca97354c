using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Sending;

/// <summary>What became of a claim.</summary>
/// <param name="State">sent, failed, unknown, or planned to try again.</param>
/// <param name="Provider">Who took it; null unless sent.</param>
/// <param name="Retry">Pause before the next attempt; null unless planned.</param>
/// <param name="Counts">Whether the attempt counts: not when the relay never judged the message.</param>
internal sealed record Settlement(
    Claim Claim, string State, string? Reason, string? Reply, string? Provider = null, TimeSpan? Retry = null, bool Counts = true);

/// <summary>
/// The sender's side of the ledger: claim, commit, send, settle, commit. Between the two commits a row is <c>sending</c> under this
/// sender's id; whatever happens meanwhile, nobody else sends it.
/// </summary>
internal sealed class DeliveryLedger(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    /// <summary>
    /// Claims up to <paramref name="size"/> planned recipients of the chunk and commits. In the same statement: the lease holds, the
    /// campaign runs in that epoch, and each recipient may still be written to; who may not is skipped. Empty: nothing is due now.
    /// </summary>
    public async Task<ClaimResult> ClaimAsync(SendingCampaign campaign, SendChunk chunk, Guid worker, int size, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ClaimRow>(
            $"""
            WITH lease AS MATERIALIZED (
                SELECT worker FROM sender_leases WHERE worker = @worker AND lease_until > now() FOR KEY SHARE),
            due AS MATERIALIZED (
                SELECT d.customer_id, d.channel, d.occasion FROM deliveries d, lease
                WHERE d.campaign_id = @CampaignId AND d.chunk = @Chunk AND d.state = 'planned' AND d.not_before <= @now
                    AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = @CampaignId AND c.epoch = @Epoch AND c.state = 'sending')
                ORDER BY d.customer_id LIMIT @size FOR UPDATE OF d SKIP LOCKED),
            checked AS MATERIALIZED ( -- once, not once for each column that asks
                SELECT due.customer_id, due.channel, due.occasion, {Eligibility.ReasonSql(chunk.Channel)} AS exclusion,
                    {ClaimRow.AudienceOf('a')}
                FROM due LEFT JOIN audience a ON a.customer_id = due.customer_id),
            claimed AS (
                UPDATE deliveries d SET worker = @worker, email = k.email, attempts = d.attempts + 1, claimed_at = @now, reason = k.exclusion,
                    state = CASE WHEN k.exclusion IS NULL THEN 'sending' ELSE 'skipped' END
                FROM checked k WHERE d.campaign_id = @CampaignId AND d.customer_id = k.customer_id AND d.channel = k.channel AND d.occasion = k.occasion
                RETURNING d.delivery_id, d.state, d.language, coalesce(d.variant, '') AS variant, d.attempts, k.customer_id, {ClaimRow.AudienceOf('k')}),
            counted AS (
                UPDATE chunks SET skipped = skipped + (SELECT count(*) FROM claimed WHERE state = 'skipped')
                WHERE campaign_id = @CampaignId AND seq = @Chunk AND EXISTS (SELECT 1 FROM claimed WHERE state = 'skipped'))
            SELECT * FROM claimed ORDER BY customer_id
            """,
            new { chunk.CampaignId, chunk.Chunk, chunk.Epoch, worker, size, now = time.GetUtcNow() },
            cancellationToken);
        var claims = await Personalisation.ApplyAsync(
            campaign, chunk, [.. rows.Where(row => row.State == "sending").Select(row => row.ToClaim())], unitOfWork, time.GetUtcNow(), cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return new ClaimResult(rows.Count == 0, claims);
    }

    /// <summary>
    /// Writes the outcomes, their counts and the event in one transaction, and when the first of those put off is due again.
    /// A claim that was meanwhile taken for lost (unknown) gets its true outcome after all; one that is not this sender's is left alone. The commit does not wait for the disk: if the
    /// whole machine crashes, the last half second becomes unknown, and the journal settles it.
    /// </summary>
    public async Task SettleAsync(
        SendingCampaign campaign, SendChunk chunk, Guid worker, IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var retry = settlements.Min(settlement => settlement.Retry);
        var settled = await unitOfWork.QueryAsync<Guid>(
            """
            WITH outcome AS (
                SELECT o.*, set_config('synchronous_commit', 'off', true) FROM unnest(@deliveries, @states, @reasons, @replies, @providers, @notBefore, @uncounted)
                    AS o (delivery_id, state, reason, reply, provider, not_before, uncounted)),
            before AS MATERIALIZED (
                SELECT d.campaign_id, d.customer_id, d.channel, d.occasion, d.delivery_id, d.state FROM deliveries d JOIN outcome o ON o.delivery_id = d.delivery_id
                WHERE d.worker = @worker AND d.state IN ('sending', 'unknown') ORDER BY d.customer_id FOR UPDATE OF d),
            settled AS (
                UPDATE deliveries d SET state = o.state, reason = o.reason, reply = o.reply, provider = o.provider, not_before = o.not_before,
                    attempts = d.attempts - o.uncounted, sent_at = CASE WHEN o.state = 'sent' THEN @now END
                FROM before b JOIN outcome o ON o.delivery_id = b.delivery_id
                WHERE d.campaign_id = b.campaign_id AND d.customer_id = b.customer_id AND d.channel = b.channel AND d.occasion = b.occasion
                RETURNING d.delivery_id, d.state, b.state AS state_before),
            counted AS (
                UPDATE chunks SET
                    sent = sent + (SELECT count(*) FROM settled WHERE state = 'sent'),
                    failed = failed + (SELECT count(*) FROM settled WHERE state = 'failed'),
                    unknown = unknown + (SELECT count(*) FROM settled WHERE state = 'unknown') - (SELECT count(*) FROM settled WHERE state_before = 'unknown'),
                    due_at = LEAST(due_at, @dueAt)
                WHERE campaign_id = @CampaignId AND seq = @Chunk)
            SELECT delivery_id FROM settled WHERE state = 'sent'
            """,
            new
            {
                chunk.CampaignId, chunk.Chunk, worker, now,
                dueAt = now + retry,
                deliveries = settlements.Select(settlement => settlement.Claim.DeliveryId).ToArray(),
                states = settlements.Select(settlement => settlement.State).ToArray(),
                reasons = settlements.Select(settlement => settlement.Reason).ToArray(),
                replies = settlements.Select(settlement => settlement.Reply).ToArray(),
                providers = settlements.Select(settlement => settlement.Provider).ToArray(),
                notBefore = settlements.Select(settlement => (now + (settlement.Retry ?? TimeSpan.Zero)).UtcDateTime).ToArray(),
                uncounted = settlements.Select(settlement => settlement.Counts ? 0 : 1).ToArray(),
            },
            cancellationToken);
        if (settled.Count > 0)
        {
            var sent = settled.ToHashSet();
            unitOfWork.Enqueue(new MessagesSent(ids.Next(), now, campaign.Id, campaign.Name, campaign.Channel,
            [
                .. settlements.Where(settlement => sent.Contains(settlement.Claim.DeliveryId))
                    .Select(settlement => new SentMessage(settlement.Claim.DeliveryId, settlement.Claim.Recipient.CustomerId, settlement.Claim.Language, now)),
            ]));
        }

        await unitOfWork.CommitAsync(cancellationToken);
    }

    /// <summary>After a failure: drops what was begun, so that it can be tried again.</summary>
    public ValueTask DropAsync() => unitOfWork.DisposeAsync();

    /// <summary>Lets the rest of the chunk travel as a message again.</summary>
    public async Task SendAgainAsync(SendChunk chunk, CancellationToken cancellationToken)
    {
        unitOfWork.Enqueue(chunk);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// Nothing of the chunk is due: notes when its next recipient is, for the dispatcher to send another message then. False: it may only
    /// have seemed so, because this sender's lease has run out.
    /// </summary>
    public async Task<bool> RestAsync(SendChunk chunk, Guid worker, CancellationToken cancellationToken)
    {
        var holds = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            """
            WITH next AS (SELECT min(not_before) AS at FROM deliveries WHERE campaign_id = @CampaignId AND chunk = @Chunk AND state = 'planned'),
            noted AS (UPDATE chunks SET due_at = next.at FROM next WHERE campaign_id = @CampaignId AND seq = @Chunk AND next.at IS NOT NULL)
            SELECT EXISTS (SELECT 1 FROM sender_leases WHERE worker = @worker AND lease_until > now())
            """,
            new { chunk.CampaignId, chunk.Chunk, worker },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return holds;
    }
}
