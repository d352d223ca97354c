using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Planning;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Coupons;

/// <param name="Name">What templates say: <c>{{coupon "name"}}</c>.</param>
/// <param name="WorthId">What a code is worth, in Indonesian.</param>
/// <param name="Cost">What it costs that somebody redeems a code, in <paramref name="CostCurrency"/> (ISO 4217); counted with the campaign that gave it.</param>
/// <param name="WhenEmpty"><c>skip</c>: who would get no code gets no message; <c>wait</c>: the message waits for more codes.</param>
public sealed record CouponPoolRequest(
    [property: Required, RegularExpression("[a-z0-9][a-z0-9-]{0,59}", ErrorMessage = "A name is small letters, digits and hyphens.")] string Name,
    [property: Required, StringLength(200, MinimumLength = 1)] string WorthId,
    [property: Required, StringLength(200, MinimumLength = 1)] string WorthEn,
    DateTimeOffset ValidFrom,
    DateTimeOffset ValidUntil,
    [property: Required, RegularExpression("skip|wait", ErrorMessage = "skip or wait.")] string WhenEmpty = "skip",
    decimal? Cost = null,
    string? CostCurrency = null)
{
    internal Error? Check()
    {
        if (ValidUntil <= ValidFrom) return CouponErrors.ValidityInvalid;
        if (CostCurrency is not null && Money.CheckCurrency(CostCurrency, "costCurrency") is { } unknown) return unknown;
        if (Cost is null != CostCurrency is null) return CouponErrors.CostUnclear;
        return Money.CheckAmount(Cost, CostCurrency, "cost", isUnitCost: true);
    }
}

/// <param name="Codes">All; of them <paramref name="Free"/> are left, <paramref name="Assigned"/> were given to somebody, <paramref name="Redeemed"/> were used.</param>
public sealed record CouponPoolResponse(
    Guid Id, long Version, string Name, string WorthId, string WorthEn, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil, string WhenEmpty, decimal? Cost, string? CostCurrency,
    string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, long Codes, long Free, long Assigned, long Redeemed) : IVersioned
{
    internal const string Columns =
        """
        p.id, p.version, p.name, p.worth_id, p.worth_en, p.valid_from, p.valid_until, p.when_empty, p.cost, p.cost_currency, p.created_by, p.created_at, p.changed_at,
        n.codes, n.codes - n.assigned AS free, n.assigned, n.redeemed
        """;

    internal const string Tables =
        """
        coupon_pools p CROSS JOIN LATERAL (
            SELECT count(*) AS codes, count(delivery_id) AS assigned, count(redeemed_at) AS redeemed FROM coupon_codes WHERE pool_id = p.id) n
        """;

    internal static Task<CouponPoolResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<CouponPoolResponse>($"SELECT {Columns} FROM {Tables} WHERE p.id = @id", new { id }, cancellationToken);
}
