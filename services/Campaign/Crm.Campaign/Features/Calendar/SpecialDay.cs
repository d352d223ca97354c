using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Calendar;

/// <param name="Kind">holiday; or blackout, on which nothing should be sent.</param>
public sealed record SpecialDayRequest(
    [property: Required, RegularExpression("holiday|blackout", ErrorMessage = "Special days are a holiday or a blackout.")] string Kind,
    [property: Required, StringLength(200, MinimumLength = 1)] string Name,
    DateOnly FirstDay,
    DateOnly LastDay);

public sealed record SpecialDayResponse(Guid Id, long Version, string Kind, string Name, DateOnly FirstDay, DateOnly LastDay, string CreatedBy) : IVersioned;

/// <summary>Holidays and blackouts, which the calendar warns about.</summary>
internal static class SpecialDay
{
    private const string Columns = "id, version, kind, name, first_day, last_day, created_by";
    private static readonly Error NotFound = Error.NotFound("campaign.special_day_not_found", "There is no such holiday or blackout.");
    private static readonly Error Backwards = Error.Unprocessable("campaign.period_invalid", "The last day comes after the first.", "lastDay");

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/calendar/days", async (SpecialDayRequest request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await CreateAsync(request, unitOfWork, ids, actor.Required, cancellationToken)).ToCreated(_ => "/api/campaign/v1/calendar/days"))
            .WithName("CreateSpecialDay").WithSummary("A holiday or a blackout").AllowRoles(Roles.Marketing);
        api.MapPut("/calendar/days/{id:guid}", async (Guid id, SpecialDayRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ChangeAsync(id, request, ifMatch, unitOfWork, cancellationToken)).ToOk())
            .WithName("ChangeSpecialDay").WithSummary("Replaces kind, name and days").AllowRoles(Roles.Marketing);
        api.MapDelete("/calendar/days/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await RemoveAsync(id, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("RemoveSpecialDay").WithSummary("Removes a holiday or a blackout").AllowRoles(Roles.Marketing);
        api.MapGet("/calendar/days", ListAsync).WithName("ListSpecialDays").WithSummary("Holidays and blackouts by their day").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Result<SpecialDayResponse>> CreateAsync(SpecialDayRequest request, UnitOfWork unitOfWork, Ids ids, Actor actor, CancellationToken cancellationToken) =>
        request.LastDay < request.FirstDay
            ? Backwards
            : (await unitOfWork.QuerySingleOrDefaultAsync<SpecialDayResponse>(
                $"INSERT INTO calendar_days ({Columns}) VALUES (@id, 1, @Kind, @Name, @FirstDay, @LastDay, @Subject) RETURNING {Columns}",
                new { id = ids.Next(), request.Kind, request.Name, request.FirstDay, request.LastDay, actor.Subject },
                cancellationToken))!;

    private static async Task<Result<SpecialDayResponse>> ChangeAsync(Guid id, SpecialDayRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (request.LastDay < request.FirstDay) return Backwards;
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<SpecialDayResponse>(
            $"""
            UPDATE calendar_days SET version = version + 1, kind = @Kind, name = @Name, first_day = @FirstDay, last_day = @LastDay
            WHERE id = @id AND version = @Version RETURNING {Columns}
            """,
            new { id, ifMatch.Version, request.Kind, request.Name, request.FirstDay, request.LastDay },
            cancellationToken);
        if (changed is not null) return changed;
        return await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT 1 FROM calendar_days WHERE id = @id)", new { id }, cancellationToken) ? CampaignErrors.Stale : NotFound;
    }

    private static async Task<Result<Done>> RemoveAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync("DELETE FROM calendar_days WHERE id = @id", new { id }, cancellationToken) > 0 ? new Done() : NotFound;

    private static async Task<Ok<Page<SpecialDayResponse>>> ListAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<CursorKey>();
        var rows = await unitOfWork.QueryAsync<SpecialDayResponse>(
            $"""
            SELECT {Columns} FROM calendar_days WHERE @afterId::uuid IS NULL OR (first_day, id) > (@afterDay::date, @afterId)
            ORDER BY first_day, id LIMIT @limit + 1
            """,
            new { afterDay = after?.FirstDay, afterId = after?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<SpecialDayResponse>.From(rows, page.Limit, row => new CursorKey(row.FirstDay, row.Id)));
    }

    private sealed record CursorKey(DateOnly FirstDay, Guid Id);
}
