using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Dispatching;

/// <summary>What the dispatcher can do to one campaign in one transaction.</summary>
internal sealed class DispatchStep(RunningCampaign campaign, UnitOfWork unitOfWork, Ids ids, TimeProvider time, IOptions<DispatchOptions> options)
{
    private const int ChunksPerStep = 200;

    /// <summary>
    /// Takes the next customers of the audience, in the order of their ids and bounded on both sides so that the plan does not depend on
    /// the size of the audience, into the ledger, and hands their chunks to the senders. Whoever is not to be written to gets a row too,
    /// with the reason.
    /// </summary>
    public async Task<bool> PlanSliceAsync(CancellationToken cancellationToken)
    {
        var after = campaign.DispatchedUpTo ?? Guid.Empty;
        var upTo = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            """
            SELECT customer_id FROM (SELECT customer_id FROM audience WHERE customer_id > @after ORDER BY customer_id LIMIT @SliceSize) slice
            ORDER BY customer_id DESC LIMIT 1
            """,
            new { after, options.Value.SliceSize },
            cancellationToken);
        var now = time.GetUtcNow();
        if (upTo is null)
        {
            await unitOfWork.ExecuteAsync("UPDATE campaigns SET dispatched_at = @now WHERE id = @Id", new { campaign.Id, now }, cancellationToken);
            return true;
        }

        var members = await MembersAsync(after, upTo.Value, cancellationToken);
        var seq = await unitOfWork.QuerySingleOrDefaultAsync<int>(
            "SELECT coalesce(max(seq), 0) FROM chunks WHERE campaign_id = @Id", new { campaign.Id }, cancellationToken);
        foreach (var chunk in members.Chunk(options.Value.ChunkSize)) await PlanChunkAsync(++seq, chunk, now, cancellationToken);
        await unitOfWork.ExecuteAsync("UPDATE campaigns SET dispatched_up_to = @upTo WHERE id = @Id", new { campaign.Id, upTo }, cancellationToken);
        return true;
    }

    /// <summary>Chunks with recipients left whose message belongs to an earlier epoch, or may be lost. True: there may be more.</summary>
    public async Task<bool> ResendChunksAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var chunks = await unitOfWork.QueryAsync<int>(
            """
            UPDATE chunks SET epoch = @Epoch, enqueued_at = @now WHERE campaign_id = @Id AND seq IN (
                SELECT seq FROM chunks WHERE campaign_id = @Id AND recipients > sent + failed + skipped + unknown
                    AND (epoch < @Epoch OR enqueued_at < @lostBefore)
                ORDER BY seq LIMIT @ChunksPerStep FOR UPDATE)
            RETURNING seq
            """,
            new { campaign.Id, campaign.Epoch, now, lostBefore = now - options.Value.ResendAfter, ChunksPerStep },
            cancellationToken);
        foreach (var seq in chunks) unitOfWork.Enqueue(new SendChunk(campaign.Id, campaign.Epoch, seq));
        return chunks.Count == ChunksPerStep;
    }

    /// <summary>Finished is what the ledger says: the whole audience is in it and every row is settled.</summary>
    public Task FinishAsync(CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        UPDATE campaigns SET state = 'finished', finished_at = @now, version = version + 1
        WHERE id = @Id AND dispatched_at IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM chunks WHERE campaign_id = @Id AND recipients > sent + failed + skipped + unknown)
        """,
        new { campaign.Id, now = time.GetUtcNow() },
        cancellationToken);

    private async Task<IReadOnlyList<Member>> MembersAsync(Guid after, Guid upTo, CancellationToken cancellationToken)
    {
        // The clock of the criteria stands at the launch: the end of the walk asks the same as its beginning.
        var compiled = CriteriaCompiler.Compile(CriteriaParser.ParseStored(campaign.Criteria), campaign.LaunchedAt);
        compiled.Parameters.Add("after", after);
        compiled.Parameters.Add("upTo", upTo);
        return await unitOfWork.QueryAsync<Member>(
            $"""
            SELECT a.customer_id, a.language, {Eligibility.ReasonSql(campaign.Channel)} AS exclusion FROM audience a
            WHERE a.customer_id > @after AND a.customer_id <= @upTo AND a.profile_version IS NOT NULL AND {compiled.Sql}
            ORDER BY a.customer_id
            """,
            compiled.Parameters,
            cancellationToken);
    }

    private async Task PlanChunkAsync(int seq, Member[] members, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var template = new PreparedTemplate(campaign.Languages.ToDictionary(language => language, _ => new PreparedContent("", "", "")), []);
        var reasons = members.Select(member => member.Exclusion ?? (Holdout.Contains(campaign.Id, member.CustomerId, campaign.HoldoutPercent) ? "holdout" : null)).ToArray();
        var skipped = reasons.Count(reason => reason is not null);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO chunks (campaign_id, seq, recipients, skipped, epoch, enqueued_at) VALUES (@Id, @seq, @recipients, @skipped, @Epoch, @now)
            """,
            new { campaign.Id, seq, recipients = members.Length, skipped, campaign.Epoch, now },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO deliveries (campaign_id, customer_id, channel, delivery_id, chunk, state, reason, language, not_before)
            SELECT @Id, m.customer_id, @Channel, m.delivery_id, @seq, CASE WHEN m.reason IS NULL THEN 'planned' ELSE 'skipped' END, m.reason, m.language, @now
            FROM unnest(@customers, @deliveries, @reasons, @languages) AS m (customer_id, delivery_id, reason, language)
            """,
            new
            {
                campaign.Id, campaign.Channel, seq, now, reasons,
                customers = members.Select(member => member.CustomerId).ToArray(),
                deliveries = members.Select(_ => ids.Next()).ToArray(),
                languages = members.Select(member => template.LanguageFor(member.Language)).ToArray(),
            },
            cancellationToken);
        if (skipped < members.Length) unitOfWork.Enqueue(new SendChunk(campaign.Id, campaign.Epoch, seq));
    }

    private sealed record Member(Guid CustomerId, string? Language, string? Exclusion);
}
