using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Features;

/// <summary>Cases, newest first, by status and customer.</summary>
internal static class ListCases
{
    public sealed record Item(
        Guid Id, string Number, Guid CustomerId, string Type, string Priority, string Status, string Subject, string? Assignee,
        DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, long Version);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/cases", async (PageRequest page, string? status, Guid? customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(page, status, customerId, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListCases")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<Item>>> Handle(
        PageRequest page, string? status, Guid? customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (status is not null && !Enum.TryParse<CaseStatus>(status, ignoreCase: true, out _))
        {
            return Error.Invalid("service.unknown_status", $"'{status}' is not a status of a case.", "status");
        }

        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Item>(
            """
            SELECT id, number, customer_id, type, priority, status, subject, assignee, opened_at, resolved_at, version FROM cases
            WHERE (@status::text IS NULL OR lower(status) = lower(@status))
              AND (@customerId::uuid IS NULL OR customer_id = @customerId)
              AND (@after::uuid IS NULL OR id < @after)
            ORDER BY id DESC LIMIT @limit
            """,
            new { status, customerId, after = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Item>.From(rows, page.Limit, item => new Position(item.Id));
    }

    private sealed record Position(Guid Id);
}
