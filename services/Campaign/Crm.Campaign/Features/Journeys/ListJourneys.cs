using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Journeys;

internal static class ListJourneys
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/journeys", HandleAsync).WithName("ListJourneys").WithSummary("Newest first; a sales rep's own").AllowRoles(JourneyRights.Readers);

    private static async Task<Ok<Page<JourneyResponse>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<JourneyRow>(
            $"""
            SELECT {JourneyRow.Columns} FROM journeys WHERE (@before::uuid IS NULL OR id < @before) AND (@owner::text IS NULL OR owner = @owner)
            ORDER BY id DESC LIMIT @limit + 1
            """,
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit, owner = JourneyRights.LimitedTo(actor.Required) },
            cancellationToken);
        return TypedResults.Ok(Page<JourneyResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}
