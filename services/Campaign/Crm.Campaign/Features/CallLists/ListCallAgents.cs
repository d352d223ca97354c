using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.CallLists;

/// <param name="Reached">Calls in which somebody spoke with the customer.</param>
/// <param name="WithNow">Whether a fetched call waits for its outcome.</param>
public sealed record CallAgent(string Agent, string Name, long Calls, long Reached, long Interested, long DoNotCall, DateTimeOffset? LastCallAt, bool WithNow);

public sealed record CallAgents(IReadOnlyList<CallAgent> Items);

internal static class ListCallAgents
{
    private const int AtMost = 1_000;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/call-lists/{id:guid}/agents", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ListCallAgents").WithSummary("What each agent did in this list").AllowRoles(CallRights.Readers);

    private static async Task<Result<CallAgents>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is null) return CallErrors.ListNotFound;
        return new CallAgents(await unitOfWork.QueryAsync<CallAgent>(
            """
            WITH made AS (
                SELECT agent, max(agent_name) AS name, count(*) AS calls,
                    count(*) FILTER (WHERE outcome IN ('reachedInterested', 'reachedNotInterested', 'callBackAt', 'doNotCall')) AS reached,
                    count(*) FILTER (WHERE outcome = 'reachedInterested') AS interested, count(*) FILTER (WHERE outcome = 'doNotCall') AS do_not_call, max(occurred_at) AS last_call_at
                FROM call_attempts WHERE campaign_id = @id GROUP BY agent),
            have AS (
                SELECT agent, max(agent_name) AS name FROM call_tasks WHERE campaign_id = @id AND state = 'claimed' AND due_at > @now GROUP BY agent)
            SELECT coalesce(m.agent, h.agent) AS agent, coalesce(m.name, h.name) AS name, coalesce(m.calls, 0) AS calls, coalesce(m.reached, 0) AS reached,
                coalesce(m.interested, 0) AS interested, coalesce(m.do_not_call, 0) AS do_not_call, m.last_call_at, h.agent IS NOT NULL AS with_now
            FROM made m FULL JOIN have h ON h.agent = m.agent ORDER BY 3 DESC, 1 LIMIT @AtMost
            """,
            new { id, now = time.GetUtcNow(), AtMost },
            cancellationToken));
    }
}
