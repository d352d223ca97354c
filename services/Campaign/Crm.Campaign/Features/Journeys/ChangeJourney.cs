using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <summary>While it runs, too: contacts follow what was published until the next activation publishes this.</summary>
internal static class ChangeJourney
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/journeys/{id:guid}", async (Guid id, JourneyRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("ChangeJourney").WithSummary("Replaces name and definition; a running journey goes on as published").AllowRoles(JourneyRights.Writers);

    private static async Task<Result<JourneyResponse>> HandleAsync(
        Guid id, JourneyRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindOwnAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        if (journey.Version != ifMatch.Version) return JourneyErrors.Stale;
        if (journey.State == "ended") return JourneyErrors.WrongState(journey.State, "a draft, active or paused");
        if (!(await JourneyCheck.ScopeAsync(request, journey.Owner, unitOfWork, cancellationToken)).TryGet(out var scope, out var error)) return error;
        if (!DefinitionParser.Parse(request.Definition).TryGet(out var definition, out error)) return error;
        if (await JourneyCheck.ReferencesAsync(definition, journey.Owner, unitOfWork, cancellationToken) is { } unknown) return unknown;

        return (await unitOfWork.QuerySingleOrDefaultAsync<JourneyRow>(
            $"""
            UPDATE journeys SET version = version + 1, name = @Name, definition = @definition::jsonb, audience_tag = @AudienceTag, daily_limit = @DailyLimit, changed_by = @Subject, changed_at = @now
            WHERE id = @id RETURNING {JourneyRow.Columns}
            """,
            new { id, request.Name, definition = request.Definition.GetRawText(), scope.AudienceTag, scope.DailyLimit, actor.Subject, now = time.GetUtcNow() },
            cancellationToken))!.ToResponse();
    }
}
