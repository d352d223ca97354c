using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.CallLists;

internal static class GetCallList
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/call-lists/{id:guid}", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("GetCallList").WithSummary("Rules and progress of a campaign's calls").AllowRoles(CallRights.Readers);

    public static async Task<Result<CallListResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is not { } list) return CallErrors.ListNotFound;
        var counts = (await unitOfWork.QuerySingleOrDefaultAsync<Counts>(
            """
            SELECT count(*) AS total, count(*) FILTER (WHERE state = 'open' OR (state = 'claimed' AND due_at <= @now)) AS waiting,
                count(*) FILTER (WHERE state IN ('open', 'claimed') AND due_at <= @now) AS due_now, count(*) FILTER (WHERE state = 'claimed' AND due_at > @now) AS with_agents,
                count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'closed') AS closed,
                count(*) FILTER (WHERE state = 'open' AND call_back) AS call_backs
            FROM call_tasks WHERE campaign_id = @id
            """,
            new { id, now = time.GetUtcNow() },
            cancellationToken))!;
        var outcomes = await unitOfWork.QueryAsync<OutcomeCount>(
            "SELECT outcome, count(*) AS calls FROM call_attempts WHERE campaign_id = @id GROUP BY outcome", new { id }, cancellationToken);
        var closed = await unitOfWork.QueryAsync<OutcomeCount>(
            "SELECT outcome, count(*) AS calls FROM call_tasks WHERE campaign_id = @id AND state = 'closed' GROUP BY outcome", new { id }, cancellationToken);
        return new CallListResponse(
            id, list.Version, list.CampaignName, list.CampaignState, list.ToRules(), counts.Total, counts.Waiting, counts.DueNow, counts.WithAgents, counts.Done, counts.Closed,
            counts.CallBacks, outcomes.ToDictionary(row => row.Outcome, row => row.Calls), closed.ToDictionary(row => row.Outcome, row => row.Calls));
    }

    private sealed record Counts(long Total, long Waiting, long DueNow, long WithAgents, long Done, long Closed, long CallBacks);

    private sealed record OutcomeCount(string Outcome, long Calls);
}
