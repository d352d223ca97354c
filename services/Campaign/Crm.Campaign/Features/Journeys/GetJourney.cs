using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

internal static class GetJourney
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/journeys/{id:guid}", async (Guid id, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("GetJourney").WithSummary("One journey").AllowRoles(JourneyRights.Readers);

    private static async Task<Result<JourneyResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken) =>
        await JourneyRights.FindAsync(id, actor, unitOfWork, cancellationToken) is { } journey ? journey.ToResponse() : JourneyErrors.NotFound;
}
