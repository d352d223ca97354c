using Crm.Campaign.Domain.Experiments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Experiments;

/// <param name="PerVariant">Recipients of each.</param>
/// <param name="AlphaPerComparison">Of each pair: the error is shared among them, as the test does at worst.</param>
public sealed record SampleSizeResponse(double Baseline, double Effect, double Alpha, double Power, int Variants, double AlphaPerComparison, long PerVariant, long Total);

internal static class GetSampleSize
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/experiment-sample-size", (double baseline, double effect, double? alpha, double? power, int? variants) => Handle(baseline, effect, alpha ?? 0.05, power ?? 0.8, variants ?? 2).ToOk())
            .WithName("GetSampleSize").WithSummary("How many recipients a test needs to find a difference").AllowRoles(MarketingRights.Readers);

    private static Result<SampleSizeResponse> Handle(double baseline, double effect, double alpha, double power, int variants)
    {
        if (!(baseline is > 0 and < 1)) return Error.Invalid("campaign.baseline_invalid", "baseline is a share between 0 and 1.", "baseline");
        if (effect == 0 || !(baseline + effect is > 0 and < 1)) return Error.Invalid("campaign.effect_invalid", "effect is a difference that leaves a share between 0 and 1.", "effect");
        if (!(alpha is >= 0.001 and <= 0.2)) return Error.Invalid("campaign.alpha_invalid", "alpha is from 0.001 to 0.2.", "alpha");
        if (!(power is >= 0.5 and <= 0.99)) return Error.Invalid("campaign.power_invalid", "power is from 0.5 to 0.99.", "power");
        if (variants is < 2 or > 10) return Error.Invalid("campaign.variants_count", "An experiment has two to ten variants.", "variants");

        var perComparison = alpha / (variants * (variants - 1) / 2.0);
        var sample = Proportions.SampleSize(baseline, effect, perComparison, power);
        return new SampleSizeResponse(baseline, effect, alpha, power, variants, perComparison, sample, sample * variants);
    }
}
