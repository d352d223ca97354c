using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <summary>
/// Finds whose date has come round: zone by zone, those whose local date it is and whose local hour is past. The occasion is the year, so
/// that a date that is looked for again, a changed zone or another replica greets nobody twice; and whoever gets a birth date or a profile
/// during the day is still found.
/// </summary>
internal sealed class DateSweep(UnitOfWork unitOfWork, JourneyEntrance entrance, JourneyCatalogue catalogue, TimeProvider time, IOptions<JourneyOptions> options)
{
    private const int SliceSize = 2_000;

    /// <summary>One transaction; true: there are more.</summary>
    public async Task<bool> RunAsync(OpenJourney open, CancellationToken cancellationToken)
    {
        var journey = await catalogue.GetAsync(open.Id, open.Published, unitOfWork, cancellationToken);
        var trigger = (JourneyTrigger.Date)journey.Definition.Trigger;
        var now = time.GetUtcNow();
        await unitOfWork.ExecuteAsync("INSERT INTO journey_sweeps (journey_id) VALUES (@Id) ON CONFLICT DO NOTHING", new { open.Id }, cancellationToken);
        var swept = (await unitOfWork.QuerySingleOrDefaultAsync<Position>(
            "SELECT swept_to, whole_at FROM journey_sweeps WHERE journey_id = @Id FOR UPDATE", new { open.Id }, cancellationToken))!;
        var whole = swept.SweptTo is null || swept.WholeAt is null || now - swept.WholeAt >= options.Value.WholeSweepInterval;

        foreach (var zoneId in await ZonesAsync(cancellationToken))
        {
            foreach (var (date, since) in Anniversaries.OpenDates(now, trigger.Hour, options.Value.ZoneOf(zoneId)))
            {
                if (!whole && since <= swept.SweptTo) continue;
                var found = await FindAsync(open, trigger, journey.Definition.Reentry.Rule, zoneId, date.AddDays(trigger.DaysBefore), now, cancellationToken);
                await entrance.EnterAsync(open, found, cancellationToken);
                if (found.Count == SliceSize) return true; // what was found has entered and is not found again
            }
        }

        await unitOfWork.ExecuteAsync(
            "UPDATE journey_sweeps SET swept_to = @now, whole_at = CASE WHEN @whole THEN @now ELSE whole_at END WHERE journey_id = @Id",
            new { open.Id, now, whole },
            cancellationToken);
        return false;
    }

    private async Task<IReadOnlyList<Candidate>> FindAsync(
        OpenJourney open, JourneyTrigger.Date trigger, ReentryRule rule, string? zoneId, DateOnly anniversary, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var field = trigger.Field;
        var local = field.IsInstant ? $"({field.Sql} AT TIME ZONE @zone)" : field.Sql;
        var monthDays = Anniversaries.MonthDaysOn(anniversary, trigger.LeapDay);
        var occasion = anniversary.Year.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var compiled = CriteriaCompiler.Compile(trigger.Criteria ?? new Criterion.All([]), now);
        compiled.Parameters.AddDynamicParams(new
        {
            journeyId = open.Id, zoneId, monthDays, SliceSize, open.AudienceTag,
            zone = options.Value.ZoneOf(zoneId).Id,
            near = Anniversaries.Near(monthDays),
            year = anniversary.Year,
            trigger.Years,
            key = rule == ReentryRule.Never ? "" : occasion,
        });
        var customers = await unitOfWork.QueryAsync<Guid>(
            $"""
            SELECT a.customer_id FROM audience a
            WHERE {field.On(field.IsInstant ? "@near" : "@monthDays")} AND a.time_zone IS NOT DISTINCT FROM @zoneId AND a.profile_version IS NOT NULL
                AND {DateField.MonthDay(local)} = ANY(@monthDays)
                AND extract(year FROM {local})::int < @year AND (@Years::int IS NULL OR extract(year FROM {local})::int = @year - @Years)
                AND (@AudienceTag::text IS NULL OR a.tags @> ARRAY[@AudienceTag]) AND {compiled.Sql}
                AND NOT EXISTS (SELECT FROM journey_entries e WHERE e.journey_id = @journeyId AND e.customer_id = a.customer_id AND e.occasion = @key)
            ORDER BY a.customer_id LIMIT @SliceSize
            """,
            compiled.Parameters,
            cancellationToken);
        return [.. customers.Select(customer => new Candidate(customer, occasion, now))];
    }

    /// <summary>The zones of the audience, by hopping over its index; null: unknown.</summary>
    private Task<IReadOnlyList<string?>> ZonesAsync(CancellationToken cancellationToken) => unitOfWork.QueryAsync<string?>(
        """
        WITH RECURSIVE zones AS (
            (SELECT time_zone FROM audience WHERE time_zone IS NOT NULL ORDER BY time_zone LIMIT 1)
            UNION ALL
            SELECT (SELECT a.time_zone FROM audience a WHERE a.time_zone > z.time_zone ORDER BY a.time_zone LIMIT 1) FROM zones z WHERE z.time_zone IS NOT NULL)
        SELECT time_zone FROM zones
        """,
        null,
        cancellationToken);

    private sealed record Position(DateTimeOffset? SweptTo, DateTimeOffset? WholeAt);
}
