using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Calendar;

/// <summary>What a running journey is expected to send.</summary>
/// <param name="Basis">
/// dates: whose date comes round on the day and who fits now, each the first message; rate: messages that it planned in the last 28 days, or since it
/// was activated, by day.
/// </param>
/// <param name="PerDay">Mean over the days.</param>
/// <param name="Days">Of dates only, days without anybody left out.</param>
public sealed record ExpectedSends(Guid JourneyId, string Name, string Basis, double PerDay, IReadOnlyList<ExpectedDay> Days)
{
    private const int MaxJourneys = 100;
    private const int MaxDays = 92;
    private const int RateDays = 28;

    internal static async Task<IReadOnlyList<ExpectedSends>> ReadAsync(
        DateOnly from, DateOnly to, TimeZoneInfo zone, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var today = LocalClock.DateOf(now, zone);
        var first = from > today ? from : today;
        var last = to.DayNumber - first.DayNumber >= MaxDays ? first.AddDays(MaxDays - 1) : to;
        if (last < first) return [];

        var running = await unitOfWork.QueryAsync<Running>(
            """
            SELECT j.id, j.name, v.definition::text AS definition, j.audience_tag, (
                SELECT coalesce(sum(c.recipients - c.skipped), 0) FROM journey_sends s JOIN chunks c ON c.campaign_id = s.campaign_id
                WHERE s.journey_id = j.id AND s.version = j.published AND c.enqueued_at > @since)::bigint AS planned,
                least(extract(epoch FROM @now - j.activated_at) / 86400, @RateDays)::float8 AS days
            FROM journeys j JOIN journey_versions v ON v.journey_id = j.id AND v.version = j.published
            WHERE j.state = 'active' AND EXISTS (SELECT FROM journey_sends s WHERE s.journey_id = j.id AND s.version = j.published)
            ORDER BY j.name, j.id LIMIT @MaxJourneys
            """,
            new { now, since = now.AddDays(-RateDays), RateDays, MaxJourneys },
            cancellationToken);
        var expected = new List<ExpectedSends>(running.Count);
        foreach (var journey in running)
        {
            if (DefinitionParser.ParseStored(journey.Definition).Trigger is JourneyTrigger.Date date)
            {
                var days = await ComeRoundAsync(date, journey.AudienceTag, first, last, now, unitOfWork, cancellationToken);
                expected.Add(new ExpectedSends(journey.Id, journey.Name, "dates", Math.Round((double)days.Sum(day => day.Messages) / (last.DayNumber - first.DayNumber + 1), 2), days));
            }
            else
            {
                expected.Add(new ExpectedSends(journey.Id, journey.Name, "rate", Math.Round(journey.Planned / Math.Max(journey.Days, 1), 2), []));
            }
        }

        return expected;
    }

    /// <summary>One statement over the index of months and days; instants are taken in UTC, so that one may be a day off.</summary>
    private static async Task<IReadOnlyList<ExpectedDay>> ComeRoundAsync(
        JourneyTrigger.Date trigger, string? audienceTag, DateOnly first, DateOnly last, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var anniversaries = Enumerable.Range(0, last.DayNumber - first.DayNumber + 1).Select(offset => first.AddDays(offset))
            .Select(day => (Day: day, On: day.AddDays(trigger.DaysBefore))).ToArray();
        var compiled = CriteriaCompiler.Compile(trigger.Criteria ?? new Criterion.All([]), now);
        compiled.Parameters.AddDynamicParams(new { audienceTag, monthDays = anniversaries.SelectMany(one => Anniversaries.MonthDaysOn(one.On, trigger.LeapDay)).Distinct().ToArray() });
        var counts = await unitOfWork.QueryAsync<Count>(
            $"""
            SELECT {trigger.Field.MonthDaySql} AS month_day, extract(year FROM {trigger.Field.Sql})::int AS year, count(*) AS customers FROM audience a
            WHERE {trigger.Field.On("@monthDays")} AND a.profile_version IS NOT NULL
                AND (@audienceTag::text IS NULL OR a.tags @> ARRAY[@audienceTag]) AND {compiled.Sql}
            GROUP BY 1, 2
            """,
            compiled.Parameters,
            cancellationToken);
        return
        [
            .. anniversaries.Select(one => new ExpectedDay(one.Day, counts.Where(count => Anniversaries.MonthDaysOn(one.On, trigger.LeapDay).Contains(count.MonthDay)
                    && count.Year < one.On.Year && (trigger.Years is not { } years || count.Year == one.On.Year - years)).Sum(count => count.Customers)))
                .Where(day => day.Messages > 0),
        ];
    }

    private sealed record Running(Guid Id, string Name, string Definition, string? AudienceTag, long Planned, double Days);

    private sealed record Count(int MonthDay, int Year, long Customers);
}

public sealed record ExpectedDay(DateOnly Day, long Messages);
