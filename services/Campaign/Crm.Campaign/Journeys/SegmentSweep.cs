using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <summary>
/// Notices who has come into a segment: walks the audience round by round in slices of ids, bounded on both sides, and compares with who
/// was in it before. The first round tells who was in it already.
/// </summary>
internal sealed class SegmentSweep(UnitOfWork unitOfWork, JourneyEntrance entrance, JourneyCatalogue catalogue, TimeProvider time, IOptions<JourneyOptions> options)
{
    private const int SliceSize = 5_000;

    /// <summary>One slice in one transaction; true: the round goes on.</summary>
    public async Task<bool> RunAsync(OpenJourney open, CancellationToken cancellationToken)
    {
        var journey = await catalogue.GetAsync(open.Id, open.Published, unitOfWork, cancellationToken);
        var trigger = (JourneyTrigger.Segment)journey.Definition.Trigger;
        var now = time.GetUtcNow();
        await unitOfWork.ExecuteAsync("INSERT INTO journey_sweeps (journey_id) VALUES (@Id) ON CONFLICT DO NOTHING", new { open.Id }, cancellationToken);
        var at = (await unitOfWork.QuerySingleOrDefaultAsync<Position>(
            "SELECT round, round_at, position AS position_in_round FROM journey_sweeps WHERE journey_id = @Id FOR UPDATE", new { open.Id }, cancellationToken))!;
        if (at.PositionInRound is null && at.RoundAt is not null && now - at.RoundAt < options.Value.WholeSweepInterval) return false;

        var after = at.PositionInRound ?? Guid.Empty;
        var upTo = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            """
            SELECT customer_id FROM (SELECT customer_id FROM audience WHERE customer_id > @after ORDER BY customer_id LIMIT @SliceSize) slice
            ORDER BY customer_id DESC LIMIT 1
            """,
            new { after, SliceSize },
            cancellationToken);
        if (upTo is null)
        {
            await unitOfWork.ExecuteAsync(
                "UPDATE journey_sweeps SET round = round + 1, round_at = @now, position = NULL WHERE journey_id = @Id", new { open.Id, now }, cancellationToken);
            return false;
        }

        var criteria = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT coalesce(expanded, criteria)::text FROM segments WHERE id = @SegmentId", new { trigger.SegmentId }, cancellationToken);
        var compiled = CriteriaCompiler.Compile(criteria is null ? new Criterion.Not(new Criterion.All([])) : CriteriaParser.ParseStored(criteria), now, bounded: true);
        compiled.Parameters.AddDynamicParams(new { journeyId = open.Id, after, upTo });
        var entered = await unitOfWork.QueryAsync<Guid>(
            $"""
            WITH members AS (
                SELECT a.customer_id FROM audience a
                WHERE a.customer_id > @after AND a.customer_id <= @upTo AND a.profile_version IS NOT NULL AND {compiled.Sql}),
            gone AS (
                DELETE FROM journey_segment_members m WHERE m.journey_id = @journeyId AND m.customer_id > @after AND m.customer_id <= @upTo
                    AND NOT EXISTS (SELECT FROM members s WHERE s.customer_id = m.customer_id))
            INSERT INTO journey_segment_members (journey_id, customer_id) SELECT @journeyId, customer_id FROM members ORDER BY customer_id
            ON CONFLICT DO NOTHING RETURNING customer_id
            """,
            compiled.Parameters,
            cancellationToken);
        if (at.Round > 0 || trigger.Existing)
        {
            await entrance.EnterAsync(open, [.. entered.Select(customer => new Candidate(customer, $"round:{at.Round}", now))], cancellationToken);
        }

        await unitOfWork.ExecuteAsync("UPDATE journey_sweeps SET position = @upTo WHERE journey_id = @Id", new { open.Id, upTo }, cancellationToken);
        return true;
    }

    private sealed record Position(int Round, DateTimeOffset? RoundAt, Guid? PositionInRound);
}
