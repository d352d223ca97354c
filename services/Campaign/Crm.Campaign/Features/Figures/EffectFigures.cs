using Crm.Analytics.Contracts.V1;
using Grpc.Core;

namespace Crm.Campaign.Features.Figures;

/// <summary>What the campaign has changed, by comparing those assigned to it with those kept back from it. Computed by Analytics.</summary>
/// <param name="WindowDays">Days after the assignment in which purchases count: the campaign's window of attribution.</param>
/// <param name="Complete">The window is over for everybody; until then the figures grow.</param>
/// <param name="Treated">Customers assigned, whether or not a message reached them.</param>
/// <param name="Conversion">Difference of the shares who bought.</param>
/// <param name="IncrementalRevenue">Of all treated customers together.</param>
/// <param name="Roi">Null while not all costs are known.</param>
public sealed record EffectFigures(
    string Currency, int WindowDays, bool Complete, DateTimeOffset AsOf, double Confidence, string FormulaVersion, long Treated, long Holdout,
    MeasuredValue Conversion, MeasuredValue IncrementalRevenue, MeasuredValue? Roi);

/// <param name="Low">With <paramref name="High"/> the interval of the confidence.</param>
/// <param name="P">That chance alone would differ as much.</param>
public sealed record MeasuredValue(double Value, double Low, double High, double P);

/// <summary>Asks Analytics; that it does not answer in time costs the effect and nothing else of the figures.</summary>
internal static class CampaignEffect
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="cost">In the currency; null: not known, and no return on it.</param>
    /// <returns>The effect, or why there is none.</returns>
    public static async Task<(EffectFigures? Effect, string? Reason)> AskAsync(
        Guid campaignId, int windowDays, string? currency, decimal? cost, EffectReads.EffectReadsClient analytics, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await analytics.GetCampaignEffectAsync(
                new GetCampaignEffectRequest { CampaignId = campaignId.ToString(), WindowDays = windowDays, Currency = currency ?? "", Cost = (double)(cost ?? 0) },
                deadline: (time.GetUtcNow() + Patience).UtcDateTime, cancellationToken: cancellationToken);
            if (answer.Conversion is null || answer.IncrementalRevenue is null) return (null, "effect_not_known"); // one of the two groups has nobody (yet)
            return (new EffectFigures(
                answer.Currency, windowDays, answer.Complete, answer.AsOf.ToDateTimeOffset(), answer.Confidence, answer.FormulaVersion, answer.Treated, answer.Holdout,
                ToValue(answer.Conversion), ToValue(answer.IncrementalRevenue), answer.Roi is null ? null : ToValue(answer.Roi)), null);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return (null, "effect_not_known"); // Analytics has not heard of anybody assigned
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return (null, "analytics_unavailable");
        }
    }

    private static MeasuredValue ToValue(EffectMeasure measure) => new(measure.Value, measure.Low, measure.High, measure.P);
}
