using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <summary>For good. Who is still in it leaves, in the background; messages that were not sent yet are not.</summary>
internal static class EndJourney
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys/{id:guid}/end", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("EndJourney").WithSummary("Ends for good; everybody leaves").AllowRoles(JourneyRights.Stoppers);

    private static async Task<Result<JourneyResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindStoppableAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        var now = time.GetUtcNow();
        var ended = await unitOfWork.QuerySingleOrDefaultAsync<JourneyRow>(
            $"UPDATE journeys SET state = 'ended', version = version + 1, changed_at = @now, ended_at = @now WHERE id = @id AND state <> 'ended' RETURNING {JourneyRow.Columns}",
            new { id, now },
            cancellationToken);
        if (ended is null) return JourneyErrors.WrongState(journey.State, "a draft, active or paused");
        await JourneyCampaigns.CancelAsync(id, now, unitOfWork, cancellationToken);
        return ended.ToResponse();
    }
}
