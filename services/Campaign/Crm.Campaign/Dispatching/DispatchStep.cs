using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Dispatching;

/// <summary>What the dispatcher can do to one campaign in one transaction.</summary>
internal sealed class DispatchStep(RunningCampaign campaign, UnitOfWork unitOfWork, LedgerWriter ledger, TimeProvider time, IOptions<DispatchOptions> options)
{
    private const int ChunksPerStep = 200;

    /// <summary>
    /// Takes the next customers of the audience, in the order of their ids and bounded on both sides so that the plan does not depend on
    /// the size of the audience, into the ledger.
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
        foreach (var chunk in members.Chunk(options.Value.ChunkSize)) await ledger.WriteAsync(campaign, chunk, cancellationToken);
        await unitOfWork.ExecuteAsync("UPDATE campaigns SET dispatched_up_to = @upTo WHERE id = @Id", new { campaign.Id, upTo }, cancellationToken);
        return true;
    }

    /// <summary>Chunks with recipients left whose message belongs to an earlier epoch, or may be lost. True: there may be more.</summary>
    public async Task<bool> ResendChunksAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var chunks = await unitOfWork.QueryAsync<int>(
            """
            UPDATE chunks SET epoch = @Epoch, enqueued_at = @now, due_at = NULL WHERE campaign_id = @Id AND seq IN (
                SELECT seq FROM chunks WHERE campaign_id = @Id AND recipients > sent + failed + skipped + unknown AND NOT held
                    AND (epoch < @Epoch OR (due_at IS NULL AND enqueued_at < @lostBefore))
                ORDER BY seq LIMIT @ChunksPerStep FOR UPDATE)
            RETURNING seq
            """,
            new { campaign.Id, campaign.Epoch, now, lostBefore = now - options.Value.ResendAfter, ChunksPerStep },
            cancellationToken);
        foreach (var seq in chunks) unitOfWork.Enqueue(SendChunk.For(campaign.Channel, campaign.Id, campaign.Epoch, seq));
        return chunks.Count == ChunksPerStep;
    }

    /// <summary>Chunks whose put-off recipients are due now. True: there may be more.</summary>
    public async Task<bool> WakeChunksAsync(CancellationToken cancellationToken)
    {
        var chunks = await unitOfWork.QueryAsync<int>(
            """
            UPDATE chunks SET epoch = @Epoch, enqueued_at = @now, due_at = NULL WHERE campaign_id = @Id AND seq IN (
                SELECT seq FROM chunks WHERE campaign_id = @Id AND due_at <= @now ORDER BY due_at LIMIT @ChunksPerStep FOR UPDATE)
            RETURNING seq
            """,
            new { campaign.Id, campaign.Epoch, now = time.GetUtcNow(), ChunksPerStep },
            cancellationToken);
        foreach (var seq in chunks) unitOfWork.Enqueue(SendChunk.For(campaign.Channel, campaign.Id, campaign.Epoch, seq));
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

    private async Task<IReadOnlyList<LedgerMember>> MembersAsync(Guid after, Guid upTo, CancellationToken cancellationToken)
    {
        // The clock of the criteria stands at the launch: the end of the walk asks the same as its beginning.
        var compiled = CriteriaCompiler.Compile(CriteriaParser.ParseStored(campaign.Criteria!), campaign.LaunchedAt, bounded: true);
        await AudienceQuery.PlanForValuesAsync(unitOfWork, cancellationToken);
        compiled.Parameters.Add("after", after);
        compiled.Parameters.Add("upTo", upTo);
        return await unitOfWork.QueryAsync<LedgerMember>(
            $"""
            SELECT a.customer_id, a.language, {Eligibility.ReasonSql(campaign.Channel)} AS exclusion, '' AS occasion FROM audience a
            WHERE a.customer_id > @after AND a.customer_id <= @upTo AND a.profile_version IS NOT NULL AND {compiled.Sql}
            ORDER BY a.customer_id
            """,
            compiled.Parameters,
            cancellationToken);
    }
}
