using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Inbound;

internal static class ListQuarantine
{
    /// <param name="Size">Octets.</param>
    internal sealed record QuarantinedMail(Guid Id, string Source, string Kind, string Reason, string? Status, string? Detail, int Size, DateTimeOffset ReceivedAt);

    public static void Map(RouteGroupBuilder api) => api.MapGet("/inbound-quarantine", HandleAsync)
        .WithName("ListQuarantine").WithSummary("Mail that was not understood or belongs to no delivery, newest first").AllowRoles(Roles.Ops);

    private static async Task<Ok<Page<QuarantinedMail>>> HandleAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<QuarantinedMail>(
            """
            SELECT q.id, m.source, m.kind, q.reason, m.status, m.detail, length(q.raw) AS size, q.received_at
            FROM inbound_quarantine q JOIN inbound_mail m ON m.id = q.id
            WHERE @before::uuid IS NULL OR q.id < @before ORDER BY q.id DESC LIMIT @limit + 1
            """,
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<QuarantinedMail>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}
