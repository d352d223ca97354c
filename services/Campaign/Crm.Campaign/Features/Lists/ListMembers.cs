using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Lists;

/// <param name="DisplayName">Null where the customer is not in the audience.</param>
public sealed record ListMember(Guid CustomerId, string? DisplayName, string AddedBy, DateTimeOffset AddedAt);

internal static class ListMembers
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/lists/{id:guid}/members", HandleAsync).WithName("ListMembersOfList").WithSummary("Who is in a list").AllowRoles([.. Roles.Marketing, Roles.Analyst]);

    private static async Task<Ok<Page<ListMember>>> HandleAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<ListMember>(
            """
            SELECT m.customer_id, a.display_name, m.added_by, m.added_at FROM list_members m LEFT JOIN audience a ON a.customer_id = m.customer_id
            WHERE m.list_id = @id AND (@after::uuid IS NULL OR m.customer_id > @after) ORDER BY m.customer_id LIMIT @limit + 1
            """,
            new { id, after = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<ListMember>.From(rows, page.Limit, row => new CursorKey(row.CustomerId)));
    }

    private sealed record CursorKey(Guid Id);
}
