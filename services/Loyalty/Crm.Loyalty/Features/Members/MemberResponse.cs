using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Features.Members;

/// <summary>A member as the API shows it.</summary>
internal sealed record MemberResponse(
    Guid Id, Guid CustomerId, string Number, DateTimeOffset EnrolledAt, long Available, long Debt, long LifetimePoints, long Version,
    IReadOnlyList<CardSummary> Cards) : IVersioned
{
    /// <summary>By its own id or by the customer's; null where there is none.</summary>
    public static async Task<MemberResponse?> FindAsync(
        Guid? id, Guid? customerId, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken)
    {
        var column = id is null ? "customer_id" : "id";
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"SELECT id, customer_id, number, enrolled_at, available, debt, lifetime_points, version FROM members WHERE {column} = @key",
            new { key = id ?? customerId },
            cancellationToken);
        return row is null ? null : new MemberResponse(
            row.Id, row.CustomerId, row.Number, row.EnrolledAt, row.Available, row.Debt, row.LifetimePoints, row.Version,
            await cards.ListAsync(row.Id, cancellationToken));
    }

    private sealed record Row(
        Guid Id, Guid CustomerId, string Number, DateTimeOffset EnrolledAt, long Available, long Debt, long LifetimePoints, long Version);
}
