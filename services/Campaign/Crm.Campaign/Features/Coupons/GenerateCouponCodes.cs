using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Coupons;

/// <param name="Pattern">
/// <c>PROMO-####-####</c>: each <c>#</c> becomes a random character without look-alikes, the last a check character over the others.
/// </param>
public sealed record GenerateCouponCodesRequest([property: Required] string Pattern, [property: Range(1, 100_000)] int Count);

public sealed record GeneratedCouponCodes(int Added, CouponPoolResponse Pool);

internal static class GenerateCouponCodes
{
    private const int Rounds = 5;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/coupon-pools/{id:guid}/generate", async (Guid id, GenerateCouponCodesRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, cancellationToken)).ToOk())
            .WithName("GenerateCouponCodes").WithSummary("Adds random codes of a pattern").AllowRoles(Roles.Marketing);

    private static async Task<Result<GeneratedCouponCodes>> HandleAsync(
        Guid id, GenerateCouponCodesRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } pool) return CouponErrors.PoolNotFound;
        if (!CouponCode.IsPattern(request.Pattern)) return CouponErrors.PatternInvalid;
        if (!CouponCode.HoldsEnough(request.Pattern, pool.Codes + request.Count)) return CouponErrors.PatternWeak;

        // A code that exists already is made anew; with so few taken, one round nearly always does.
        var added = 0;
        for (var round = 0; round < Rounds && added < request.Count; round++)
        {
            var codes = Enumerable.Range(0, request.Count - added).Select(_ => CouponCode.Generate(request.Pattern)).Distinct().ToArray();
            added += await unitOfWork.ExecuteAsync(
                "INSERT INTO coupon_codes (code, pool_id) SELECT code, @id FROM unnest(@codes) code ON CONFLICT DO NOTHING", new { id, codes }, cancellationToken);
        }

        await unitOfWork.ExecuteAsync(
            "UPDATE coupon_pools SET patterns = patterns || @Pattern WHERE id = @id AND NOT @Pattern = ANY(patterns)", new { id, request.Pattern }, cancellationToken);
        return new GeneratedCouponCodes(added, (await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken))!);
    }
}
