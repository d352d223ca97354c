using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Scenarios;

/// <summary>Each save is a version that stays readable; archived scenarios can be read, not changed.</summary>
internal static class SaveScenario
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/scenarios", async (ScenarioRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await CreateAsync(request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(scenario => $"/api/campaign/v1/scenarios/{scenario.Id}"))
            .WithName("CreateScenario").WithSummary("Goal, steps, pain points, actions, measures").AllowRoles(Roles.Marketing);
        api.MapPut("/scenarios/{id:guid}", async (
                    Guid id, ScenarioRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await ChangeAsync(id, request, ifMatch, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("ChangeScenario").WithSummary("Saves the next version").AllowRoles(Roles.Marketing);
        api.MapPost("/scenarios/{id:guid}/archive", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await ArchiveAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ArchiveScenario").WithSummary("Takes it out of the list").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<ScenarioResponse>> CreateAsync(
        ScenarioRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await ScenarioRow.CheckAsync(request.Content, unitOfWork, cancellationToken) is { } error) return error;
        var (id, now) = (ids.Next(), time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            "INSERT INTO scenarios (id, version, name, state, created_by, created_at, changed_at) VALUES (@id, 1, @Name, 'active', @Subject, @now, @now)",
            new { id, request.Name, actor.Subject, now },
            cancellationToken);
        await ScenarioRow.AddVersionAsync(id, 1, request, actor.Subject, now, unitOfWork, cancellationToken);
        return (await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse();
    }

    private static async Task<Result<ScenarioResponse>> ChangeAsync(
        Guid id, ScenarioRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await ScenarioRow.CheckAsync(request.Content, unitOfWork, cancellationToken) is { } error) return error;
        var now = time.GetUtcNow();
        var changed = await unitOfWork.ExecuteAsync(
            "UPDATE scenarios SET version = version + 1, name = @Name, changed_at = @now WHERE id = @id AND version = @Version AND state = 'active'",
            new { id, request.Name, ifMatch.Version, now },
            cancellationToken);
        if (changed == 0) return await WhyNotAsync(id, unitOfWork, cancellationToken);
        await ScenarioRow.AddVersionAsync(id, ifMatch.Version + 1, request, actor.Subject, now, unitOfWork, cancellationToken);
        return (await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse();
    }

    private static async Task<Result<ScenarioResponse>> ArchiveAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        // Not a new version: what it says stays.
        var archived = await unitOfWork.ExecuteAsync(
            "UPDATE scenarios SET state = 'archived', changed_at = @now WHERE id = @id AND state = 'active'", new { id, now = time.GetUtcNow() }, cancellationToken);
        return archived == 0 ? await WhyNotAsync(id, unitOfWork, cancellationToken) : (await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse();
    }

    private static async Task<Error> WhyNotAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken) switch
        {
            null => JourneyErrors.ScenarioNotFound,
            { State: "archived" } => Error.Conflict("campaign.wrong_state", "The scenario is archived.", "state"),
            _ => JourneyErrors.Stale,
        };
}
