using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Lists;

/// <param name="Kind">default: for segments; seed: our own people who get every message of a campaign to look at; test: for test sends.</param>
public sealed record ListRequest(
    [property: Required, StringLength(200, MinimumLength = 1), RegularExpression(@"[^\p{Cc}]+", ErrorMessage = "A name has no control characters.")] string Name,
    [property: RegularExpression("default|seed|test", ErrorMessage = "The kind is default, seed or test.")] string Kind = "default");

public sealed record ListResponse(Guid Id, string Name, string Kind, long Members, string CreatedBy, DateTimeOffset CreatedAt)
{
    internal const string Select =
        """
        SELECT l.id, l.name, l.kind, (SELECT count(*) FROM list_members m WHERE m.list_id = l.id) AS members, l.created_by, l.created_at FROM lists l
        """;

    internal static Task<ListResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<ListResponse>(Select + " WHERE l.id = @id", new { id }, cancellationToken);
}
