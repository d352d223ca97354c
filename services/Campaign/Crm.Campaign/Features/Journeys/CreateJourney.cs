using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

internal static class CreateJourney
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys", async (JourneyRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(journey => $"/api/campaign/v1/journeys/{journey.Id}"))
            .WithName("CreateJourney").WithSummary("A draft; nobody enters before it is activated").AllowRoles(JourneyRights.Writers);

    internal static async Task<Result<JourneyResponse>> HandleAsync(
        JourneyRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var owner = JourneyRights.OwnerFor(actor);
        if (!(await JourneyCheck.ScopeAsync(request, owner, unitOfWork, cancellationToken)).TryGet(out var scope, out var error)) return error;
        if (!DefinitionParser.Parse(request.Definition).TryGet(out var definition, out error)) return error;
        if (await JourneyCheck.ReferencesAsync(definition, owner, unitOfWork, cancellationToken) is { } unknown) return unknown;

        return (await unitOfWork.QuerySingleOrDefaultAsync<JourneyRow>(
            $"""
            INSERT INTO journeys (id, version, name, state, definition, owner, audience_tag, daily_limit, created_by, changed_by, created_at, changed_at)
            VALUES (@id, 1, @Name, 'draft', @definition::jsonb, @Owner, @AudienceTag, @DailyLimit, @Subject, @Subject, @now, @now) RETURNING {JourneyRow.Columns}
            """,
            new
            {
                id = ids.Next(), request.Name, definition = request.Definition.GetRawText(), scope.Owner, scope.AudienceTag, scope.DailyLimit, actor.Subject,
                now = time.GetUtcNow(),
            },
            cancellationToken))!.ToResponse();
    }
}
