using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="State">working: it renews its lease; late: it did not, and is given up when the lease ends; lost: it was given up.</param>
/// <param name="Sending">Deliveries that it has claimed and not settled yet.</param>
/// <param name="Unknown">Deliveries that may have arrived or not because it was lost.</param>
/// <param name="LostAt">When it was given up.</param>
public sealed record SenderState(Guid Worker, string Host, string State, DateTimeOffset? LeaseUntil, long Sending, long Unknown, DateTimeOffset? LostAt);

/// <summary>Processes that send, and those that were lost, latest registration first.</summary>
internal static class ListSenders
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/senders", HandleAsync).WithName("ListSenders").WithSummary("Processes that send, and those that were lost")
            .AllowRoles([.. MarketingRights.Readers, Roles.Ops]);

    private static async Task<Ok<Page<SenderState>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        // The database's clock, as the leases are by it.
        var rows = await unitOfWork.QueryAsync<SenderState>(
            """
            SELECT worker, host, state, lease_until, sending, unknown, lost_at FROM (
                SELECT s.worker, s.host, CASE WHEN s.lease_until > now() THEN 'working' ELSE 'late' END AS state, s.lease_until,
                    (SELECT count(*) FROM deliveries d WHERE d.worker = s.worker AND d.state = 'sending') AS sending, 0::bigint AS unknown, NULL::timestamptz AS lost_at
                FROM sender_leases s
                UNION ALL
                SELECT worker, host, 'lost', NULL, 0, unknown, lost_at FROM lost_senders) sender
            WHERE @before::uuid IS NULL OR worker < @before ORDER BY worker DESC LIMIT @limit
            """,
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return TypedResults.Ok(Page<SenderState>.From(rows, page.Limit, row => new CursorKey(row.Worker)));
    }

    private sealed record CursorKey(Guid Id);
}
