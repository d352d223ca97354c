using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Activities;

internal static class WriteActivity
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/activities", async (ActivityRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await CreateAsync(request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(activity => $"/api/campaign/v1/activities/{activity.Id}"))
            .WithName("CreateActivity").WithSummary("An advertisement, event or the like with its cost").AllowRoles(Roles.Marketing);
        api.MapPut("/activities/{id:guid}", async (Guid id, ActivityRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ChangeAsync(id, request, ifMatch, unitOfWork, cancellationToken)).ToOk())
            .WithName("ChangeActivity").WithSummary("Replaces all but the results").AllowRoles(Roles.Marketing);
        api.MapDelete("/activities/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await RemoveAsync(id, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("RemoveActivity").WithSummary("Removes one that has no results").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<ActivityResponse>> CreateAsync(
        ActivityRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (request.Check() is { } error) return error;
        if (!await KnowsAsync(request.CampaignId, unitOfWork, cancellationToken)) return ActivityErrors.UnknownCampaign;
        var id = ids.Next();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO activities (id, version, campaign_id, name, channel, first_day, last_day, currency, planned_cost, note, created_by, created_at)
            VALUES (@id, 1, @CampaignId, @Name, @Channel, @FirstDay, @LastDay, @Currency, @PlannedCost, @Note, @Subject, @now)
            """,
            new
            {
                id, request.CampaignId, request.Name, request.Channel, request.FirstDay, request.LastDay, request.Currency, request.PlannedCost, request.Note, actor.Subject,
                now = time.GetUtcNow(),
            },
            cancellationToken);
        return (await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken))!;
    }

    private static async Task<Result<ActivityResponse>> ChangeAsync(Guid id, ActivityRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (request.Check() is { } error) return error;
        if (!await KnowsAsync(request.CampaignId, unitOfWork, cancellationToken)) return ActivityErrors.UnknownCampaign;
        await unitOfWork.ExecuteAsync("SELECT 1 FROM activities WHERE id = @id FOR UPDATE", new { id }, cancellationToken);
        if (await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } before) return ActivityErrors.NotFound;
        if (before.Version != ifMatch.Version) return CampaignErrors.Stale;
        if (before.ReportedUpTo is not null && before.Currency != request.Currency) return ActivityErrors.HasResults;
        await unitOfWork.ExecuteAsync(
            """
            UPDATE activities SET version = version + 1, campaign_id = @CampaignId, name = @Name, channel = @Channel, first_day = @FirstDay, last_day = @LastDay,
                currency = @Currency, planned_cost = @PlannedCost, note = @Note WHERE id = @id
            """,
            new { id, request.CampaignId, request.Name, request.Channel, request.FirstDay, request.LastDay, request.Currency, request.PlannedCost, request.Note },
            cancellationToken);
        return (await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken))!;
    }

    private static async Task<Result<Done>> RemoveAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("SELECT 1 FROM activities WHERE id = @id FOR UPDATE", new { id }, cancellationToken);
        if (await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } activity) return ActivityErrors.NotFound;
        if (activity.ReportedUpTo is not null) return ActivityErrors.HasResults;
        await unitOfWork.ExecuteAsync("DELETE FROM activities WHERE id = @id", new { id }, cancellationToken);
        return new Done();
    }

    private static async Task<bool> KnowsAsync(Guid? campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) => await unitOfWork.QuerySingleOrDefaultAsync<bool>(
        "SELECT @campaignId::uuid IS NULL OR EXISTS (SELECT 1 FROM campaigns WHERE id = @campaignId)", new { campaignId }, cancellationToken);
}
