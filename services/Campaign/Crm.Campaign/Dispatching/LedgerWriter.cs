using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Features.Receipts;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Dispatching;

/// <summary>Somebody to take into a campaign's ledger.</summary>
/// <param name="Exclusion">Why they are not to be written to; null: they are.</param>
/// <param name="Occasion">What makes another message of the same campaign to them a different one; empty for a broadcast.</param>
internal sealed record LedgerMember(Guid CustomerId, string? Language, string? Exclusion, string Occasion = "");

/// <param name="Reason">Why skipped; null: planned.</param>
internal sealed record WrittenDelivery(Guid CustomerId, string Occasion, Guid DeliveryId, string? Reason, string? Variant);

/// <summary>
/// Takes people into the ledger of a running campaign as one chunk, and hands the chunk to the senders of its channel. Whoever is not to
/// be written to gets a row too, with the reason. Who is in the ledger already, for the same occasion, stays as he is: nobody is sent
/// the same twice, however often this is called. Where a test phase runs, those who wait for its outcome make a chunk of their own, which
/// is held.
/// </summary>
internal sealed class LedgerWriter(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    private const int AssignmentsPerEvent = 500;
    private (Guid CampaignId, CampaignGroups Groups)? _loaded;

    /// <summary>The rows that were new. The campaign's row is locked by the caller (<see cref="RunningCampaign.FindAsync"/>).</summary>
    public async Task<IReadOnlyList<WrittenDelivery>> WriteAsync(RunningCampaign campaign, IReadOnlyList<LedgerMember> members, CancellationToken cancellationToken)
    {
        if (members.Count == 0) return [];
        var now = time.GetUtcNow();
        var groups = await GroupsAsync(campaign, now, cancellationToken);
        var rows = members.Select(member => Place(member, groups)).ToArray();
        var written = new List<WrittenDelivery>(rows.Length);
        foreach (var part in rows.GroupBy(row => row.Waits)) written.AddRange(await WriteChunkAsync(campaign, [.. part], part.Key, now, cancellationToken));
        if (groups.AreMeasured) Tell(campaign, groups, written, now);
        return written;
    }

    private static Row Place(LedgerMember member, CampaignGroups groups)
    {
        var reason = member.Exclusion ?? groups.KeptBack(member.CustomerId);
        var (variant, waits) = reason is null ? groups.Assign(member.CustomerId) : (null, false);
        return new Row(member, reason, variant, waits);
    }

    private async Task<IReadOnlyList<WrittenDelivery>> WriteChunkAsync(
        RunningCampaign campaign, IReadOnlyList<Row> rows, bool held, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var template = new PreparedTemplate(campaign.Languages.ToDictionary(language => language, _ => new PreparedContent("", "", "")), []);
        var seq = 1 + await unitOfWork.QuerySingleOrDefaultAsync<int>(
            "SELECT coalesce(max(seq), 0) FROM chunks WHERE campaign_id = @Id", new { campaign.Id }, cancellationToken);
        var written = await unitOfWork.QueryAsync<WrittenDelivery>(
            """
            INSERT INTO deliveries (campaign_id, customer_id, channel, occasion, delivery_id, chunk, state, reason, language, variant, not_before)
            SELECT @Id, m.customer_id, @Channel, m.occasion, m.delivery_id, @seq, CASE WHEN m.reason IS NULL THEN 'planned' ELSE 'skipped' END, m.reason,
                m.language, m.variant, CASE WHEN @held THEN timestamptz 'infinity' ELSE @now END
            FROM unnest(@customers, @occasions, @deliveries, @reasons, @languages, @variants)
                AS m (customer_id, occasion, delivery_id, reason, language, variant)
            ON CONFLICT DO NOTHING
            RETURNING customer_id, occasion, delivery_id, reason, variant
            """,
            new
            {
                campaign.Id, campaign.Channel, seq, now, held,
                customers = rows.Select(row => row.Member.CustomerId).ToArray(),
                occasions = rows.Select(row => row.Member.Occasion).ToArray(),
                deliveries = rows.Select(_ => ids.Next()).ToArray(),
                reasons = rows.Select(row => row.Reason).ToArray(),
                languages = rows.Select(row => template.LanguageFor(row.Member.Language)).ToArray(),
                variants = rows.Select(row => row.Variant).ToArray(),
            },
            cancellationToken);
        if (written.Count == 0) return written;

        await DeliveryEvidence.RecordAsync(
            campaign.Id, seq, campaign.Channel, campaign.Criteria, campaign.LaunchedAt, [.. written.Select(delivery => (delivery.CustomerId, delivery.DeliveryId))], now, unitOfWork,
            cancellationToken);
        var skipped = written.Count(delivery => delivery.Reason is not null);
        await unitOfWork.ExecuteAsync(
            "INSERT INTO chunks (campaign_id, seq, recipients, skipped, epoch, enqueued_at, held) VALUES (@Id, @seq, @Count, @skipped, @Epoch, @now, @held)",
            new { campaign.Id, seq, written.Count, skipped, campaign.Epoch, now, held },
            cancellationToken);
        if (skipped < written.Count && !held) unitOfWork.Enqueue(SendChunk.For(campaign.Channel, campaign.Id, campaign.Epoch, seq));
        return written;
    }

    /// <summary>Who was assigned to what goes to Analytics, whether or not a message will reach them.</summary>
    private void Tell(RunningCampaign campaign, CampaignGroups groups, IReadOnlyList<WrittenDelivery> written, DateTimeOffset now)
    {
        var assigned = from delivery in written
                       let @group = CampaignGroups.GroupOf(delivery.Reason)
                       where @group is not null
                       select new AssignedCustomer(delivery.CustomerId, @group.Value, delivery.Variant);
        foreach (var part in assigned.Chunk(AssignmentsPerEvent))
        {
            unitOfWork.Enqueue(new CampaignAssigned(ids.Next(), now, campaign.Id, groups.CampaignName, campaign.Channel, part));
        }
    }

    /// <summary>Once a campaign and unit of work: a slice has many chunks.</summary>
    private async Task<CampaignGroups> GroupsAsync(RunningCampaign campaign, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_loaded is { } loaded && loaded.CampaignId == campaign.Id) return loaded.Groups;
        var groups = await CampaignGroups.LoadAsync(campaign, now, unitOfWork, cancellationToken);
        _loaded = (campaign.Id, groups);
        return groups;
    }

    private sealed record Row(LedgerMember Member, string? Reason, string? Variant, bool Waits);
}
