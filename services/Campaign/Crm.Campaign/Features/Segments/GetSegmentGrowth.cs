using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <param name="PerDay">Least-squares slope of the sizes: customers a day; null with fewer than two days.</param>
/// <param name="Trend">growing, shrinking, or steady: less than one in a thousand of the mean size a day; null with fewer than two days.</param>
public sealed record SegmentGrowth(Guid SegmentId, IReadOnlyList<SegmentSize> Days, double? PerDay, string? Trend);

internal static class GetSegmentGrowth
{
    private const int MaxDays = 1_000;
    private const double SteadyShare = 0.001;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments/{id:guid}/growth", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken, int days = 90) =>
                (await HandleAsync(id, days, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("GetSegmentGrowth").WithSummary("Its size day by day, with joined and departed").AllowRoles(MarketingRights.Readers);

    /// <summary>Slope of the line through the sizes that has the least squares; days without a measurement are not made up.</summary>
    internal static double? Slope(IReadOnlyList<(DateOnly Day, long Size)> sizes)
    {
        if (sizes.Count < 2) return null;
        var (meanDay, meanSize) = (sizes.Average(size => (double)size.Day.DayNumber), sizes.Average(size => (double)size.Size));
        return sizes.Sum(size => (size.Day.DayNumber - meanDay) * (size.Size - meanSize)) / sizes.Sum(size => Math.Pow(size.Day.DayNumber - meanDay, 2));
    }

    private static async Task<Result<SegmentGrowth>> HandleAsync(Guid id, int days, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (days is < 1 or > MaxDays) return Error.Invalid("request.days_invalid", $"days is a whole number from 1 to {MaxDays}.", "days");
        if (await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is null) return CampaignErrors.SegmentNotFound;

        var sizes = await SegmentMeasure.SizesAsync(id, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1 - days), unitOfWork, cancellationToken);
        var slope = Slope([.. sizes.Select(size => (size.Day, size.Size))]);
        return new SegmentGrowth(id, sizes, slope, slope is { } perDay ? Trend(perDay, sizes.Average(size => (double)size.Size)) : null);
    }

    private static string Trend(double perDay, double mean) => Math.Abs(perDay) <= mean * SteadyShare ? "steady" : perDay > 0 ? "growing" : "shrinking";
}
