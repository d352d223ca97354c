using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <summary>
/// Waits for the batches that have begun (a fraction of a second), then no timer runs, nobody enters, and the senders void what was handed
/// to them. Going on, timers that became due meanwhile run at once. To go on is activation: it publishes what was saved meanwhile.
/// </summary>
internal static class PauseJourney
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys/{id:guid}/pause", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("PauseJourney").WithSummary("Nothing happens until it is activated again").AllowRoles(JourneyRights.Stoppers);

    private static async Task<Result<JourneyResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindStoppableAsync(id, actor, unitOfWork, cancellationToken) is null) return JourneyErrors.NotFound;
        var paused = await unitOfWork.QuerySingleOrDefaultAsync<JourneyRow>(
            $"UPDATE journeys SET state = 'paused', version = version + 1, changed_at = @now WHERE id = @id AND state = 'active' RETURNING {JourneyRow.Columns}",
            new { id, now = time.GetUtcNow() },
            cancellationToken);
        if (paused is null) return JourneyErrors.WrongState((await JourneyRights.FindStoppableAsync(id, actor, unitOfWork, cancellationToken))!.State, "active");
        await JourneyCampaigns.PauseAsync(id, unitOfWork, cancellationToken);
        return paused.ToResponse();
    }
}
