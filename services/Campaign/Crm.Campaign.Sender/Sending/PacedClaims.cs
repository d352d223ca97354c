using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Pacing;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// Claims where recipients must be looked at one by one: frequency caps, quiet hours, send time, warm-up. Decided at the moment of the claim,
/// in one transaction with it: whoever may not be written to now is put off until they may, or skipped.
/// </summary>
internal sealed class PacedClaims(UnitOfWork unitOfWork, UsualHours usualHours, IOptions<FrequencyCapOptions> caps, TimeProvider time)
{
    /// <summary>Keeps the locks on customers apart from other advisory locks.</summary>
    private const long LockSpace = 0x63617073; // "caps"

    public bool AreNeeded(CampaignPacing pacing, string channel) => pacing.TimesRecipients || pacing.WarmUpFirst is not null || Capped(pacing, channel);

    public async Task<ClaimResult> ClaimAsync(
        SendingCampaign campaign, SendChunk chunk, CampaignPacing pacing, Guid worker, int size, CancellationToken cancellationToken)
    {
        var (now, channel) = (time.GetUtcNow(), chunk.Channel);
        var day = pacing.WarmUpFirst is null ? null : await OpenDayAsync(chunk.CampaignId, pacing, now, cancellationToken);
        if (day is { Left: <= 0 })
        {
            await PutOffAsync(chunk, now, day.Ends, cancellationToken);
            return ClaimResult.Nothing;
        }

        var due = await DueAsync(chunk, worker, Math.Min(size, day?.Left ?? size), now, cancellationToken);
        if (due.Count == 0)
        {
            await unitOfWork.CommitAsync(cancellationToken);
            return ClaimResult.Nothing;
        }

        var customers = due.Select(row => row.CustomerId).Distinct().ToArray();
        var contacts = Capped(pacing, channel) ? await ContactsAsync(customers, now, cancellationToken) : null;
        var hours = pacing.SendTime == "usual_hour" ? await usualHours.OfAsync(chunk.CampaignId, customers, pacing, now, cancellationToken) : null;
        var decided = due.Select(row => Decide(row, channel, pacing, contacts, hours, now)).ToArray();
        var claims = await Personalisation.ApplyAsync(
            campaign, chunk, await WriteAsync(chunk, worker, decided, now, cancellationToken), unitOfWork, now, cancellationToken);
        if (day is not null)
        {
            await unitOfWork.ExecuteAsync(
                "UPDATE campaign_days SET claimed = claimed + @Count WHERE campaign_id = @CampaignId AND day = @Day", new { claims.Count, chunk.CampaignId, day.Day }, cancellationToken);
        }

        await unitOfWork.CommitAsync(cancellationToken);
        return new ClaimResult(false, claims, day?.Day);
    }

    /// <summary>What a warm-up counted for messages that were not sent after all.</summary>
    public async Task GiveBackAsync(Guid campaignId, int day, int count, CancellationToken cancellationToken)
    {
        if (count == 0) return;
        await unitOfWork.ExecuteAsync(
            "UPDATE campaign_days SET claimed = claimed - @count WHERE campaign_id = @campaignId AND day = @day", new { campaignId, day, count }, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    private bool Capped(CampaignPacing pacing, string channel) => pacing.OverCap != "exempt" && caps.Value.Apply(channel);

    /// <summary>The day's counter, locked: of two senders the second sees what the first has taken.</summary>
    private async Task<WarmUpDay> OpenDayAsync(Guid campaignId, CampaignPacing pacing, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var launchedAt = await unitOfWork.QuerySingleOrDefaultAsync<DateTimeOffset?>("SELECT launched_at FROM campaigns WHERE id = @campaignId", new { campaignId }, cancellationToken) ?? now;
        var day = Math.Max(0, (int)(now - launchedAt).TotalDays);
        await unitOfWork.ExecuteAsync("INSERT INTO campaign_days VALUES (@campaignId, @day, 0) ON CONFLICT DO NOTHING", new { campaignId, day }, cancellationToken);
        var claimed = await unitOfWork.QuerySingleOrDefaultAsync<int>(
            "SELECT claimed FROM campaign_days WHERE campaign_id = @campaignId AND day = @day FOR UPDATE", new { campaignId, day }, cancellationToken);
        return new WarmUpDay(day, pacing.DailyLimit(day) - claimed, launchedAt.AddDays(day + 1));
    }

    private async Task PutOffAsync(SendChunk chunk, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            "UPDATE deliveries SET not_before = @until WHERE campaign_id = @CampaignId AND chunk = @Chunk AND state = 'planned' AND not_before <= @now",
            new { chunk.CampaignId, chunk.Chunk, now, until },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    private Task<IReadOnlyList<DueRow>> DueAsync(SendChunk chunk, Guid worker, int size, DateTimeOffset now, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<DueRow>(
            $"""
            WITH lease AS MATERIALIZED (
                SELECT worker FROM sender_leases WHERE worker = @worker AND lease_until > now() FOR KEY SHARE),
            due AS MATERIALIZED (
                SELECT d.delivery_id, d.state, d.language, coalesce(d.variant, '') AS variant, d.attempts, d.timed, d.customer_id FROM deliveries d, lease
                WHERE d.campaign_id = @CampaignId AND d.chunk = @Chunk AND d.state = 'planned' AND d.not_before <= @now
                    AND EXISTS (SELECT 1 FROM campaigns c WHERE c.id = @CampaignId AND c.epoch = @Epoch AND c.state = 'sending')
                ORDER BY d.customer_id LIMIT @size FOR UPDATE OF d SKIP LOCKED)
            SELECT due.*, {Eligibility.ReasonSql(chunk.Channel)} AS exclusion, {ClaimRow.AudienceOf('a')}
            FROM due LEFT JOIN audience a ON a.customer_id = due.customer_id
            """,
            new { chunk.CampaignId, chunk.Chunk, chunk.Epoch, worker, size, now },
            cancellationToken);

    /// <summary>
    /// When these people were last written to. Their locks come first, in one order for everybody, and in a statement of their own: senders
    /// of other campaigns that count the same people wait, and then count what was claimed here.
    /// </summary>
    private async Task<ILookup<Guid, (DateTimeOffset At, string Channel)>> ContactsAsync(Guid[] customers, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            SELECT pg_advisory_xact_lock(key) FROM (
                SELECT DISTINCT hashtextextended(customer::text, @LockSpace) AS key FROM unnest(@customers) AS customer ORDER BY key) keys
            """,
            new { customers, LockSpace },
            cancellationToken);
        var rows = await unitOfWork.QueryAsync<ContactRow>(
            """
            SELECT customer_id, claimed_at, channel FROM deliveries
            WHERE customer_id = ANY(@customers) AND state IN ('sending', 'sent', 'unknown') AND claimed_at > @since
            """,
            new { customers, since = now.AddDays(-30) },
            cancellationToken);
        return rows.ToLookup(row => row.CustomerId, row => (row.ClaimedAt, row.Channel));
    }

    private Decision Decide(
        DueRow row, string channel, CampaignPacing pacing, ILookup<Guid, (DateTimeOffset At, string Channel)>? contacts, UsualHoursFound? hours, DateTimeOffset now)
    {
        if (row.Exclusion is not null) return new Decision(row, row.Exclusion, now, row.Timed);
        if (contacts is not null && caps.Value.NextAllowed(now, channel, [.. contacts[row.CustomerId]]) is var free && free > now)
        {
            return new Decision(row, pacing.OverCap == "skip" ? "frequency_cap" : null, free, row.Timed);
        }

        return new Decision(row, null, pacing.NextFor(now, row.TimeZone, hours?.Of(row.CustomerId, row.TimeZone), row.Timed), Timed: true);
    }

    private async Task<IReadOnlyList<Claim>> WriteAsync(SendChunk chunk, Guid worker, Decision[] decided, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            WITH decided AS (
                SELECT * FROM unnest(@deliveries, @reasons, @notBefore, @timed, @emails) AS t (delivery_id, reason, not_before, timed, email)),
            written AS (
                UPDATE deliveries d SET worker = @worker, reason = t.reason, timed = t.timed, email = t.email, not_before = GREATEST(d.not_before, t.not_before),
                    state = CASE WHEN t.reason IS NOT NULL THEN 'skipped' WHEN t.not_before > @now THEN 'planned' ELSE 'sending' END,
                    attempts = d.attempts + CASE WHEN t.reason IS NULL AND t.not_before <= @now THEN 1 ELSE 0 END,
                    claimed_at = CASE WHEN t.reason IS NULL AND t.not_before <= @now THEN @now ELSE d.claimed_at END
                FROM decided t WHERE d.delivery_id = t.delivery_id
                RETURNING d.state)
            UPDATE chunks SET skipped = skipped + (SELECT count(*) FROM written WHERE state = 'skipped')
            WHERE campaign_id = @CampaignId AND seq = @Chunk AND EXISTS (SELECT 1 FROM written WHERE state = 'skipped')
            """,
            new
            {
                chunk.CampaignId, chunk.Chunk, worker, now,
                deliveries = decided.Select(decision => decision.Row.DeliveryId).ToArray(),
                reasons = decided.Select(decision => decision.Reason).ToArray(),
                notBefore = decided.Select(decision => decision.NotBefore.UtcDateTime).ToArray(),
                timed = decided.Select(decision => decision.Timed).ToArray(),
                emails = decided.Select(decision => decision.Row.Email).ToArray(),
            },
            cancellationToken);
        return [.. decided.Where(decision => decision.Reason is null && decision.NotBefore <= now).Select(decision => decision.Row.ToClaim())];
    }

    private sealed record WarmUpDay(int Day, int Left, DateTimeOffset Ends);

    private sealed record ContactRow(Guid CustomerId, DateTimeOffset ClaimedAt, string Channel);

    /// <param name="Reason">Why skipped.</param>
    /// <param name="NotBefore">Later than now: put off until then.</param>
    private sealed record Decision(DueRow Row, string? Reason, DateTimeOffset NotBefore, bool Timed);

    private sealed record DueRow(
        Guid DeliveryId, string State, string Language, string Variant, int Attempts, bool Timed, Guid CustomerId, string? Exclusion, string? DisplayName,
        string? GivenName, string? Email, string? Phone, string? TimeZone, string? Street, string? PostalCode, string? City, string? Province, string? Country,
        long? Points, long? PurchaseCount, DateTimeOffset? LastPurchasedAt)
    {
        public Claim ToClaim() => new ClaimRow(
            DeliveryId, State, Language, Variant, Attempts + 1, CustomerId, DisplayName, GivenName, Email, Phone, TimeZone, Street, PostalCode, City, Province,
            Country, Points, PurchaseCount, LastPurchasedAt).ToClaim();
    }
}
