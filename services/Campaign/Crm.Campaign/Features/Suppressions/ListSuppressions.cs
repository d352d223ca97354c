using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Suppressions;

internal static class ListSuppressions
{
    // Each half is read in the order of its index, no further than a page.
    private const string Half =
        " WHERE (@channel::text IS NULL OR channel = @channel) AND (@reason::text IS NULL OR reason = @reason) AND (@at::timestamptz IS NULL OR (created_at, id) < (@at, @id)) {0} ORDER BY created_at DESC, id DESC LIMIT @limit + 1";

    private static readonly string Sql =
        $"""
        SELECT * FROM (({SuppressionResponse.OfContacts} {Half.Replace("{0}", "AND (@customerId::uuid IS NULL OR customer_id = @customerId) AND @address::text IS NULL", StringComparison.Ordinal)})
        UNION ALL ({SuppressionResponse.OfAddresses} {Half.Replace("{0}", "AND (@address::text IS NULL OR address = @address) AND @customerId::uuid IS NULL", StringComparison.Ordinal)})) both_kinds
        ORDER BY created_at DESC, id DESC LIMIT @limit + 1
        """;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/suppressions", async (
                PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken,
                string? channel = null, string? reason = null, string? address = null, Guid? customerId = null) =>
                (await HandleAsync(page, channel, reason, address, customerId, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListSuppressions").WithSummary("Newest first, by contact or address if asked").AllowRoles([.. Roles.Marketing, .. Roles.Service, Roles.Ops]);

    private static async Task<Result<Page<SuppressionResponse>>> HandleAsync(
        PageRequest page, string? channel, string? reason, string? address, Guid? customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        SuppressionTarget? target = null;
        if (address is not null && (target = SuppressionTarget.Parse(address)) is null) return AudienceErrors.AddressInvalid("address");
        var after = page.After<CursorKey>();
        var rows = await unitOfWork.QueryAsync<SuppressionResponse>(
            Sql, new { channel, reason, address = target?.Address, customerId, at = after?.At, id = after?.Id, limit = page.Limit }, cancellationToken);
        return Page<SuppressionResponse>.From(rows, page.Limit, row => new CursorKey(row.CreatedAt, row.Id));
    }

    private sealed record CursorKey(DateTimeOffset At, Guid Id);
}
