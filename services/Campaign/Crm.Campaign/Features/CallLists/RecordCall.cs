using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.CallLists;

/// <param name="Outcome">reachedInterested, reachedNotInterested, noAnswer, busy, wrongNumber, callBackAt, doNotCall.</param>
/// <param name="CallBackAt">Of callBackAt only.</param>
public sealed record RecordCallRequest(
    [property: Required, RegularExpression("reachedInterested|reachedNotInterested|noAnswer|busy|wrongNumber|callBackAt|doNotCall", ErrorMessage = "There is no such outcome.")] string Outcome,
    [property: StringLength(2_000)] string? Note = null,
    DateTimeOffset? CallBackAt = null);

/// <param name="State">done, or open: it will be called again.</param>
public sealed record RecordedCall(Guid Id, string State, int Attempts, DateTimeOffset? NextCallAt);

/// <summary>
/// How a call ended. Each outcome is a response of the campaign and goes on the customer's timeline; who does not want to be called is
/// suppressed here at once, and Customer records that the consent is withdrawn.
/// </summary>
internal static class RecordCall
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/call-lists/{id:guid}/calls/{callId:guid}/outcome", async (
                Guid id, Guid callId, RecordCallRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, callId, request, unitOfWork, ids, time.GetUtcNow(), actor.Required, cancellationToken)).ToOk())
            .WithName("RecordCall").WithSummary("How a call that the agent fetched ended").AllowRoles(CallRights.Agents);

    private static async Task<Result<RecordedCall>> HandleAsync(
        Guid id, Guid callId, RecordCallRequest request, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, Actor agent, CancellationToken cancellationToken)
    {
        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is not { } list) return CallErrors.ListNotFound;
        var task = await unitOfWork.QuerySingleOrDefaultAsync<CallTask>(
            "SELECT id, customer_id, state, agent, attempts FROM call_tasks WHERE id = @callId AND campaign_id = @id FOR UPDATE", new { id, callId }, cancellationToken);
        if (task is null) return CallErrors.CallNotFound;

        // Also after the lease: as long as nobody else has fetched the call, who made it knows how it ended.
        if (task.State != "claimed" || task.Agent != agent.Subject) return CallErrors.NotYours;

        var outcome = Enum.Parse<CallOutcome>(request.Outcome, ignoreCase: true);
        var attempts = task.Attempts + 1;
        if (!list.Rules.Decide(outcome, attempts, now, request.CallBackAt?.ToUniversalTime()).TryGet(out var decision, out var error)) return error;

        await WriteAsync(id, task, request, decision, attempts, unitOfWork, ids, now, agent, cancellationToken);
        if (outcome is CallOutcome.DoNotCall or CallOutcome.WrongNumber) await SuppressAsync(id, task, outcome, unitOfWork, now, agent, cancellationToken);
        unitOfWork.Enqueue(new CampaignResponded(
            ids.Next(), now, id, list.CampaignName, callId, task.CustomerId, "phone",
            outcome == CallOutcome.DoNotCall ? ResponseKind.Unsubscribed : Enum.Parse<ResponseKind>(CallRules.ResponseOf(outcome).Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
            null, Detail: request.Note is { Length: > 200 } note ? note[..200] : request.Note));
        return new RecordedCall(callId, decision.State, attempts, decision.State == "open" ? decision.DueAt : null);
    }

    private static async Task WriteAsync(
        Guid id, CallTask task, RecordCallRequest request, CallDecision decision, int attempts, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, Actor agent, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO call_attempts (id, task_id, campaign_id, agent, agent_name, outcome, note, call_back_at, occurred_at)
            VALUES (@attempt, @Id, @campaign, @Subject, @Name, @Outcome, @Note, @callBackAt, @now)
            """,
            new { attempt = ids.Next(), task.Id, campaign = id, agent.Subject, agent.Name, request.Outcome, request.Note, callBackAt = request.CallBackAt?.ToUniversalTime(), now },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            UPDATE call_tasks SET state = @State, call_back = @CallBack, due_at = @DueAt, attempts = @attempts, outcome = @Outcome, agent = NULL, agent_name = NULL,
                completed_at = CASE WHEN @State = 'done' THEN @now END
            WHERE id = @Id
            """,
            new { task.Id, decision.State, decision.CallBack, decision.DueAt, attempts, request.Outcome, now },
            cancellationToken);
        var kind = CallRules.ResponseOf(Enum.Parse<CallOutcome>(request.Outcome, ignoreCase: true));
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, occurred_at) VALUES (@response, @Id, @campaign, @CustomerId, @kind, @now)
            """,
            new { response = ids.Next(), task.Id, campaign = id, task.CustomerId, kind, now },
            cancellationToken);
    }

    /// <summary>Who said no is called by no campaign. A wrong number is somebody else's: nothing goes there any more until the customer has another.</summary>
    private static Task<int> SuppressAsync(
        Guid id, CallTask task, CallOutcome outcome, UnitOfWork unitOfWork, DateTimeOffset now, Actor agent, CancellationToken cancellationToken) => outcome == CallOutcome.DoNotCall
        ? unitOfWork.ExecuteAsync(
            """
            INSERT INTO suppressions (customer_id, channel, reason, campaign_id, created_by, created_at) VALUES (@CustomerId, 'phone', 'unsubscribed', @id, @Subject, @now)
            ON CONFLICT (customer_id, channel) DO NOTHING
            """,
            new { task.CustomerId, id, agent.Subject, now },
            cancellationToken)
        : unitOfWork.ExecuteAsync(
            """
            INSERT INTO suppressed_addresses (address, channel, kind, reason, campaign_id, created_by, created_at)
            SELECT phone, 'all', 'phone', 'wrong_number', @id, @Subject, @now FROM audience WHERE customer_id = @CustomerId AND phone IS NOT NULL
            ON CONFLICT (address, channel) DO NOTHING
            """,
            new { task.CustomerId, id, agent.Subject, now },
            cancellationToken);

    private sealed record CallTask(Guid Id, Guid CustomerId, string State, string? Agent, int Attempts);
}
