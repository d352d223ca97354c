using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Calendar;

/// <param name="Kind">campaign, scheduled, activity, task, holiday, blackout.</param>
/// <param name="Id">Of the campaign, activity, task or day.</param>
/// <param name="StartsAt">Null for what takes whole days.</param>
/// <param name="FirstDay">In the zone of the calendar.</param>
/// <param name="State">Of a campaign or task.</param>
public sealed record CalendarEntry(
    string Kind, Guid Id, string Title, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, DateOnly FirstDay, DateOnly LastDay, string? State, Guid? CampaignId, Guid? SegmentId)
{
    public const int Max = 2_000;

    /// <param name="assignee">Whose tasks; null: everybody's.</param>
    /// <param name="zone">IANA; decides which day an instant belongs to.</param>
    internal static Task<IReadOnlyList<CalendarEntry>> ReadAsync(
        DateOnly from, DateOnly to, string zone, string? assignee, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<CalendarEntry>(
            """
            WITH entries AS (
                SELECT CASE c.state WHEN 'scheduled' THEN 'scheduled' ELSE 'campaign' END AS kind, c.id, c.name AS title, w.starts_at, w.ends_at,
                    (w.starts_at AT TIME ZONE @zone)::date AS first_day, (coalesce(w.ends_at, w.starts_at) AT TIME ZONE @zone)::date AS last_day, c.state,
                    c.id AS campaign_id, c.segment_id
                FROM campaigns c LEFT JOIN campaign_plans p ON p.campaign_id = c.id
                CROSS JOIN LATERAL (SELECT coalesce(c.launched_at, p.launch_at) AS starts_at, coalesce(c.finished_at, p.ends_at) AS ends_at) w
                WHERE w.starts_at IS NOT NULL AND c.archived_at IS NULL AND (c.state <> 'cancelled' OR c.launched_at IS NOT NULL)
                UNION ALL
                SELECT 'activity', a.id, a.name, NULL, NULL, a.first_day, a.last_day, NULL, a.campaign_id, NULL FROM activities a
                UNION ALL
                SELECT 'task', t.id, t.title, NULL, NULL, t.due_on, t.due_on, t.state, t.campaign_id, NULL FROM campaign_tasks t
                WHERE t.due_on IS NOT NULL AND t.state <> 'dropped' AND (@assignee::text IS NULL OR t.assignee = @assignee)
                UNION ALL
                SELECT d.kind, d.id, d.name, NULL, NULL, d.first_day, d.last_day, NULL, NULL, NULL FROM calendar_days d)
            SELECT * FROM entries WHERE first_day <= @to AND last_day >= @from ORDER BY first_day, starts_at NULLS FIRST, kind, id LIMIT @limit
            """,
            new { from, to, zone, assignee, limit = Max + 1 },
            cancellationToken);
}
