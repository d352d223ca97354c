using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.CallLists;

/// <param name="LocalTime">The customer's clock.</param>
/// <param name="MineUntil">Then the call goes to somebody else, unless its outcome was told.</param>
/// <param name="Earlier">Calls made before, newest first.</param>
public sealed record CallResponse(
    Guid Id, Guid CustomerId, string DisplayName, string Phone, string Language, string TimeZone, DateTimeOffset LocalTime, string Topic, string Script, bool CallBack,
    int Attempts, DateTimeOffset MineUntil, IReadOnlyList<EarlierCall> Earlier);

public sealed record EarlierCall(DateTimeOffset OccurredAt, string AgentName, string Outcome, string? Note);

/// <summary>
/// Gives the agent a call that nobody else has: one that they fetched before, else the most urgent whose customer may be called at this
/// moment. The row is locked while it is decided, and passed over by whoever asks meanwhile.
/// </summary>
internal static class FetchNextCall
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/call-lists/{id:guid}/next", HandleAsync)
            .WithName("FetchNextCall").WithSummary("The agent's next call; 204 when there is none now").AllowRoles(CallRights.Agents);

    private static async Task<Results<Ok<CallResponse>, NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is not { } list) return CallErrors.ListNotFound.ToProblem();
        if (list.CampaignState is not ("sending" or "finished")) return CallErrors.NotCalling(list.CampaignState).ToProblem();

        // Of two requests of one agent at the same time, the second finds what the first was given.
        var (agent, now) = (actor.Required, time.GetUtcNow());
        await unitOfWork.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('calls ' || @id || ' ' || @Subject, 0))", new { id = id.ToString(), agent.Subject }, cancellationToken);
        var zones = await ZonesAsync(list, now, unitOfWork, cancellationToken);
        while (await CandidateAsync(id, agent.Subject, zones, now, unitOfWork, cancellationToken) is { } call)
        {
            if (call.Exclusion is null) return TypedResults.Ok(await GiveAsync(list, call, agent, now, unitOfWork, cancellationToken));
            await unitOfWork.ExecuteAsync(
                "UPDATE call_tasks SET state = 'closed', outcome = @Exclusion, completed_at = @now WHERE id = @Id", new { call.Id, call.Exclusion, now }, cancellationToken);
        }

        return TypedResults.NoContent();
    }

    /// <summary>The zones of this list in which it is a time to call: a few, found by as many steps in the index.</summary>
    private static async Task<string[]> ZonesAsync(CallList list, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var zones = await unitOfWork.QueryAsync<string>(
            """
            WITH RECURSIVE zones AS (
                SELECT (SELECT min(time_zone) FROM call_tasks WHERE campaign_id = @CampaignId AND state IN ('open', 'claimed')) AS zone
                UNION ALL
                SELECT (SELECT min(time_zone) FROM call_tasks WHERE campaign_id = @CampaignId AND state IN ('open', 'claimed') AND time_zone > zones.zone) FROM zones WHERE zone IS NOT NULL)
            SELECT zone FROM zones WHERE zone IS NOT NULL
            """,
            new { list.CampaignId },
            cancellationToken);
        return [.. zones.Where(zone => list.Rules.MayCall(zone, now))];
    }

    private static Task<Candidate?> CandidateAsync(Guid id, string agent, string[] zones, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<Candidate>(
            $"""
            WITH mine AS (
                SELECT id FROM call_tasks WHERE campaign_id = @id AND state = 'claimed' AND agent = @agent AND due_at > @now LIMIT 1),
            next AS MATERIALIZED (
                SELECT t.id FROM call_tasks t
                WHERE NOT EXISTS (SELECT 1 FROM mine) AND t.campaign_id = @id AND t.state IN ('open', 'claimed') AND t.due_at <= @now AND t.time_zone = ANY(@zones)
                ORDER BY t.call_back DESC, t.due_at, t.id LIMIT 1 FOR UPDATE OF t SKIP LOCKED)
            SELECT t.id, t.customer_id, t.language, t.time_zone, t.topic, t.script, t.call_back, t.attempts, a.display_name, a.phone, {Eligibility.ReasonSql("phone")} AS exclusion
            FROM (SELECT id FROM mine UNION ALL SELECT id FROM next) chosen JOIN call_tasks t ON t.id = chosen.id LEFT JOIN audience a ON a.customer_id = t.customer_id
            """,
            new { id, agent, zones, now },
            cancellationToken);

    private static async Task<CallResponse> GiveAsync(
        CallList list, Candidate call, Actor agent, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var until = now + list.Rules.Lease;
        await unitOfWork.ExecuteAsync(
            "UPDATE call_tasks SET state = 'claimed', agent = @Subject, agent_name = @Name, due_at = @until WHERE id = @Id", new { call.Id, agent.Subject, agent.Name, until }, cancellationToken);
        var earlier = await unitOfWork.QueryAsync<EarlierCall>(
            "SELECT occurred_at, agent_name, outcome, note FROM call_attempts WHERE task_id = @Id ORDER BY id DESC LIMIT 10", new { call.Id }, cancellationToken);
        return new CallResponse(
            call.Id, call.CustomerId, call.DisplayName!, call.Phone!, call.Language, call.TimeZone, TimeZoneInfo.ConvertTimeBySystemTimeZoneId(now, call.TimeZone), call.Topic, call.Script,
            call.CallBack, call.Attempts, until, earlier);
    }

    private sealed record Candidate(
        Guid Id, Guid CustomerId, string Language, string TimeZone, string Topic, string Script, bool CallBack, int Attempts, string? DisplayName, string? Phone, string? Exclusion);
}
