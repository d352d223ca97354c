using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Features.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Approvals;

/// <summary>Puts the journey as it was last saved before the approvers. An earlier request or decision is superseded.</summary>
internal static class RequestJourneyApproval
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys/{id:guid}/approvals", async (Guid id, ApprovalRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(_ => $"/api/campaign/v1/journeys/{id}/approvals"))
            .WithName("RequestJourneyApproval").WithSummary("Puts the journey as it is saved before the approvers").AllowRoles(JourneyRights.Writers);

    private static async Task<Result<JourneyApprovalResponse>> HandleAsync(
        Guid id, ApprovalRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindOwnAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        if (journey.State == "ended") return JourneyErrors.WrongState(journey.State, "a draft, active or paused");
        await JourneyContent.LockAsync(id, unitOfWork, cancellationToken);

        var (approvalId, now) = (ids.Next(), time.GetUtcNow());
        var contacts = await JourneyApproval.CountAsync(
            id, DefinitionParser.ParseStored(journey.Definition), journey.AudienceTag, long.MaxValue, unitOfWork, time, cancellationToken);
        await unitOfWork.ExecuteAsync("UPDATE journey_approvals SET state = 'superseded' WHERE journey_id = @id AND state <> 'superseded'", new { id }, cancellationToken);
        await unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO journey_approvals (id, journey_id, state, contacts, content, comment, requested_by, requested_at)
            SELECT @approvalId, j.id, 'requested', @contacts, {JourneyContent.Sql}, @Comment, @Subject, @now FROM journeys j WHERE j.id = @id
            """,
            new { id, approvalId, contacts, request.Comment, actor.Subject, now },
            cancellationToken);
        unitOfWork.Enqueue(new ApprovalChanged(ids.Next(), now, approvalId, "journey", id, "requested"));
        return (await JourneyApprovalRow.FindAsync(approvalId, unitOfWork, cancellationToken))!.ToResponse();
    }
}
