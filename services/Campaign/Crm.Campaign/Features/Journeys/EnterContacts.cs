using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <param name="Occasion">Makes another entry of the same contact a different one, where the re-entry rule lets them in again.</param>
public sealed record EnterContactsRequest(
    [property: Required, MinLength(1), MaxLength(1_000)] IReadOnlyList<Guid> CustomerIds, [property: StringLength(100, MinimumLength = 1)] string Occasion = "manual");

/// <param name="Entered">Of the contacts named; the others are in it already, do not fit its criteria, or are not known yet (they enter when they are).</param>
public sealed record EnteredContacts(int Named, int Entered);

/// <summary>Puts contacts into an active journey by name, whatever its trigger; criteria, tag and re-entry rule hold for them too.</summary>
internal static class EnterContacts
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys/{id:guid}/entries", async (
                    Guid id, EnterContactsRequest request, UnitOfWork unitOfWork, JourneyEntrance entrance, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, entrance, time, actor.Required, cancellationToken)).ToOk())
            .WithName("EnterContacts").WithSummary("Puts contacts in by name").AllowRoles(JourneyRights.Writers);

    private static async Task<Result<EnteredContacts>> HandleAsync(
        Guid id, EnterContactsRequest request, UnitOfWork unitOfWork, JourneyEntrance entrance, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindOwnAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        if (journey.State != "active") return JourneyErrors.WrongState(journey.State, "active");
        var open = (await unitOfWork.QuerySingleOrDefaultAsync<OpenJourney>($"SELECT {OpenJourney.Columns} FROM journeys WHERE id = @id", new { id }, cancellationToken))!;

        var now = time.GetUtcNow();
        var entered = await entrance.EnterAsync(open, [.. request.CustomerIds.Select(customer => new Candidate(customer, request.Occasion, now))], cancellationToken);
        return new EnteredContacts(request.CustomerIds.Count, entered);
    }
}
