using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.CallLists;

/// <param name="State">open, claimed, done, closed.</param>
/// <param name="DueAt">Not before; of a claimed one, until when the agent has it.</param>
/// <param name="Outcome">The last one; of a closed one, why nobody calls.</param>
public sealed record ListedCall(
    Guid Id, Guid CustomerId, string? DisplayName, string? Phone, string Language, string TimeZone, string State, bool CallBack, DateTimeOffset DueAt, int Attempts,
    string? AgentName, string? Outcome, string? Note, DateTimeOffset? CompletedAt)
{
    internal const string Select =
        """
        SELECT t.id, t.customer_id, a.display_name, a.phone, t.language, t.time_zone, t.state, t.call_back, t.due_at, t.attempts, coalesce(t.agent_name, l.agent_name) AS agent_name,
            t.outcome, l.note, t.completed_at
        FROM call_tasks t LEFT JOIN audience a ON a.customer_id = t.customer_id
        LEFT JOIN LATERAL (SELECT agent_name, note FROM call_attempts WHERE task_id = t.id ORDER BY id DESC LIMIT 1) l ON true
        """;
}

internal static class ListCalls
{
    private static readonly string[] States = ["open", "claimed", "done", "closed"];

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/call-lists/{id:guid}/calls", HandleAsync)
            .WithName("ListCalls").WithSummary("In the order in which they came; of one state, or all").AllowRoles(CallRights.Readers);

    private static async Task<Results<Ok<Page<ListedCall>>, ProblemHttpResult>> HandleAsync(
        Guid id, string? state, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (state is not null && !States.Contains(state)) return Error.Invalid("campaign.call_state_invalid", $"state is one of {string.Join(", ", States)}.", "state").ToProblem();
        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is null) return CallErrors.ListNotFound.ToProblem();
        var rows = await unitOfWork.QueryAsync<ListedCall>(
            $"""
            {ListedCall.Select}
            WHERE t.campaign_id = @id AND (@after::uuid IS NULL OR t.id > @after) AND (@state::text IS NULL OR t.state = @state) ORDER BY t.id LIMIT @limit + 1
            """,
            new { id, state, after = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ListedCall>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}
