using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.GlobalHoldouts;

/// <param name="Percent">Of all customers.</param>
/// <param name="StartsAt">Absent: now.</param>
/// <param name="Salt">Absent: a fresh one; the same one keeps the same customers back again.</param>
public sealed record GlobalHoldoutRequest(
    [property: Range(0.01, 50)] decimal Percent, DateTimeOffset EndsAt, DateTimeOffset? StartsAt = null, [property: StringLength(100, MinimumLength = 1)] string? Salt = null);

internal static class CreateGlobalHoldout
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/global-holdouts", async (GlobalHoldoutRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(holdout => $"/api/campaign/v1/global-holdouts/{holdout.Id}"))
            .WithName("CreateGlobalHoldout").WithSummary("Keeps customers back from all campaigns for a while").AllowRoles(GlobalHoldoutResponse.Writers);

    private static async Task<Result<GlobalHoldoutResponse>> HandleAsync(
        GlobalHoldoutRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var starts = request.StartsAt ?? now;
        if (request.StartsAt < now) return Error.Unprocessable("campaign.holdout_in_past", "A period begins now or later: who was written to already cannot be kept back.", "startsAt");
        if (request.EndsAt <= starts) return Error.Unprocessable("campaign.holdout_period", "The period ends before it begins.", "endsAt");

        var created = await unitOfWork.QuerySingleOrDefaultAsync<GlobalHoldoutResponse>(
            $"""
            INSERT INTO global_holdouts (id, percent, salt, starts_at, ends_at, created_by, created_at)
            SELECT @id, @percent, @salt, @starts, @EndsAt, @by, @now
            WHERE NOT EXISTS (SELECT 1 FROM global_holdouts WHERE tstzrange(starts_at, ends_at) && tstzrange(@starts, @EndsAt))
            RETURNING {GlobalHoldoutResponse.Columns}
            """,
            new { id = ids.Next(), percent = decimal.Round(request.Percent, 2), salt = request.Salt ?? ids.Next().ToString("N"), starts, request.EndsAt, by = actor.Required.Subject, now },
            cancellationToken);
        return created is not null ? created : Error.Conflict("campaign.holdout_overlaps", "There is a global hold-out in that time already.", "startsAt");
    }
}
