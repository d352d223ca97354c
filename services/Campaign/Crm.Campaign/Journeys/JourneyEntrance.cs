using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Journeys;

/// <param name="Occasion">What makes another entry of the same customer a different one.</param>
/// <param name="OccurredAt">Of what makes the customer enter.</param>
internal sealed record Candidate(Guid CustomerId, string Occasion, DateTimeOffset OccurredAt);

/// <summary>A journey that people may enter.</summary>
internal sealed record OpenJourney(Guid Id, int Published, string TriggerOn, string State, string? AudienceTag)
{
    public const string Columns = "id, published, trigger_on, state, audience_tag";
}

/// <summary>
/// The one way into a journey: asks the entry criteria, keeps the re-entry rule and the key (journey, contact, occasion) in one
/// statement, so that neither a repeated event nor two replicas enter anybody twice.
/// </summary>
internal sealed class JourneyEntrance(UnitOfWork unitOfWork, JourneyCatalogue catalogue, Ids ids, TimeProvider time)
{
    /// <summary>How many entered.</summary>
    public async Task<int> EnterAsync(OpenJourney open, IReadOnlyCollection<Candidate> candidates, CancellationToken cancellationToken)
    {
        if (candidates.Count == 0) return 0;
        var journey = await catalogue.GetAsync(open.Id, open.Published, unitOfWork, cancellationToken);
        var (definition, now) = (journey.Definition, time.GetUtcNow());
        var rule = definition.Reentry.Rule;
        var distinct = rule == ReentryRule.Always
            ? candidates.GroupBy(candidate => (candidate.CustomerId, candidate.Occasion)).Select(same => same.First()).ToArray()
            : candidates.GroupBy(candidate => candidate.CustomerId).Select(same => same.MinBy(candidate => candidate.OccurredAt)!).ToArray();

        var compiled = CriteriaCompiler.Compile(definition.Trigger.Criteria ?? new Criterion.All([]), now);
        compiled.Parameters.AddDynamicParams(new
        {
            journeyId = open.Id,
            version = open.Published,
            open.AudienceTag,
            at = now,
            notSince = now.AddDays(-definition.Reentry.Days),
            customers = distinct.Select(candidate => candidate.CustomerId).ToArray(),
            occasions = distinct.Select(candidate => rule == ReentryRule.Never ? "" : candidate.Occasion).ToArray(),
            instants = distinct.Select(candidate => candidate.OccurredAt.UtcDateTime).ToArray(),
            entries = distinct.Select(_ => ids.Next()).ToArray(),
        });
        var entered = await unitOfWork.QuerySingleOrDefaultAsync<int>(
            $"""
            WITH x AS (
                SELECT * FROM unnest(@customers, @occasions, @instants, @entries) AS x (customer_id, occasion, occurred_at, entry_id)),
            unknown AS (
                INSERT INTO journey_pending (journey_id, customer_id, occasion, occurred_at, since)
                SELECT @journeyId, x.customer_id, x.occasion, x.occurred_at, @at FROM x
                WHERE NOT EXISTS (SELECT FROM audience a WHERE a.customer_id = x.customer_id AND a.profile_version IS NOT NULL)
                ORDER BY x.customer_id, x.occasion ON CONFLICT DO NOTHING),
            fit AS (
                SELECT x.* FROM x JOIN audience a ON a.customer_id = x.customer_id
                WHERE a.profile_version IS NOT NULL AND (@AudienceTag::text IS NULL OR a.tags @> ARRAY[@AudienceTag]) AND {compiled.Sql}
                    AND NOT EXISTS (SELECT FROM journey_entries e WHERE e.journey_id = @journeyId AND e.customer_id = x.customer_id AND e.occasion = x.occasion)),
            {(rule == ReentryRule.After ? Spaced : "admitted AS (SELECT * FROM fit),")}
            entered AS (
                INSERT INTO journey_entries (journey_id, customer_id, occasion, entry_id, version, state, node, step, node_since, due_at, occurred_at)
                SELECT @journeyId, f.customer_id, f.occasion, f.entry_id, @version, 'waiting', '', 0, @at, @at, f.occurred_at
                FROM admitted f ORDER BY f.customer_id, f.occasion ON CONFLICT DO NOTHING RETURNING entry_id),
            logged AS (
                INSERT INTO journey_log (entry_id, step, node, outcome, at) SELECT entry_id, 0, '', 'entered', @at FROM entered)
            SELECT count(*)::int FROM entered
            """,
            compiled.Parameters,
            cancellationToken);
        if (entered > 0)
        {
            var counts = new JourneyCounts(open.Id);
            counts.Add(open.Published, "", waiting: entered);
            await counts.WriteAsync(unitOfWork, cancellationToken);
        }

        return entered;
    }

    // The upsert decides between two events at the same time: the second sees the first's instant.
    private const string Spaced =
        """
        spaced AS (
            INSERT INTO journey_contacts (journey_id, customer_id, last_entered_at) SELECT @journeyId, f.customer_id, @at FROM fit f ORDER BY f.customer_id
            ON CONFLICT (journey_id, customer_id) DO UPDATE SET last_entered_at = excluded.last_entered_at WHERE journey_contacts.last_entered_at <= @notSince
            RETURNING customer_id),
        admitted AS (SELECT f.* FROM fit f JOIN spaced USING (customer_id)),
        """;
}
