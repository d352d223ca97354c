using System.Collections.Concurrent;
using Crm.Campaign.Delivery.Pacing;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Sending;

/// <summary>At which hour recipients usually open: from their own responses, else from those of everybody in the campaign.</summary>
internal sealed class UsualHours(UnitOfWork unitOfWork, UsualHourCache cache)
{
    /// <summary>The latest so many responses speak for a whole campaign.</summary>
    private const int Sample = 10_000;

    public async Task<UsualHoursFound> OfAsync(Guid campaignId, Guid[] customers, CampaignPacing pacing, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<OwnRow>(
            """
            SELECT customer_id, occurred_at FROM responses
            WHERE customer_id = ANY(@customers) AND kind IN ('opened', 'clicked') AND verdict = 'human' AND occurred_at > @since
            """,
            new { customers, since = now - UsualHour.Memory },
            cancellationToken);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(pacing.DefaultZone);
        if (!cache.TryGet(campaignId, now, out var everybodys))
        {
            var all = await unitOfWork.QueryAsync<AnybodyRow>(
                """
                SELECT r.occurred_at, a.time_zone FROM responses r JOIN audience a ON a.customer_id = r.customer_id
                WHERE r.kind IN ('opened', 'clicked') AND r.verdict = 'human' AND r.occurred_at > @since
                    AND EXISTS (SELECT 1 FROM deliveries d WHERE d.campaign_id = @campaignId AND d.customer_id = r.customer_id)
                ORDER BY r.occurred_at DESC LIMIT @Sample
                """,
                new { campaignId, since = now - UsualHour.Memory, Sample },
                cancellationToken);
            everybodys = UsualHour.Of(all.Select(row => (row.OccurredAt, row.TimeZone)), zone, least: 1);
            cache.Set(campaignId, now, everybodys);
        }

        return new UsualHoursFound(rows.ToLookup(row => row.CustomerId, row => row.OccurredAt), everybodys, zone);
    }

    private sealed record OwnRow(Guid CustomerId, DateTimeOffset OccurredAt);

    private sealed record AnybodyRow(DateTimeOffset OccurredAt, string? TimeZone);
}

internal sealed record UsualHoursFound(ILookup<Guid, DateTimeOffset> Responses, int? Everybodys, TimeZoneInfo DefaultZone)
{
    public int? Of(Guid customerId, string? zone) => UsualHour.Of(Responses[customerId].Select(at => (at, zone)), DefaultZone) ?? Everybodys;
}

/// <summary>The hours of whole campaigns, computed once an hour.</summary>
internal sealed class UsualHourCache
{
    private static readonly TimeSpan Keep = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<Guid, (DateTimeOffset At, int? Hour)> _hours = new();

    public bool TryGet(Guid campaignId, DateTimeOffset now, out int? hour)
    {
        var found = _hours.TryGetValue(campaignId, out var entry) && now - entry.At < Keep;
        hour = entry.Hour;
        return found;
    }

    public void Set(Guid campaignId, DateTimeOffset now, int? hour)
    {
        foreach (var (id, entry) in _hours)
        {
            if (now - entry.At >= Keep) _hours.TryRemove(id, out _);
        }

        _hours[campaignId] = (now, hour);
    }
}
