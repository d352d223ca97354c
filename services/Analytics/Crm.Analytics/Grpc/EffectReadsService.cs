using Crm.Analytics.Contracts.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Features;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Analytics.Grpc;

/// <summary>What Campaign shows of a campaign's effect beside its figures.</summary>
internal sealed class EffectReadsService(CampaignAssignments assignments, BusinessCalendar calendar, TimeProvider time) : EffectReads.EffectReadsBase
{
    private const double Confidence = 0.95;

    public override async Task<GetCampaignEffectResponse> GetCampaignEffect(GetCampaignEffectRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CampaignId, out var campaignId))
        {
            throw new ErrorException(Error.Invalid("request.malformed", "campaign_id is not a UUID.", "campaign_id"));
        }

        var question = new Features.GetCampaignEffect.Question(
            request.WindowDays == 0 ? Features.GetCampaignEffect.DefaultWindowDays : request.WindowDays,
            request.Currency.Length == 0 ? null : request.Currency, request.Cost == 0 ? null : request.Cost, 1, Confidence);
        var effect = await Features.GetCampaignEffect.Handle(campaignId, question, assignments, calendar, time, context.CancellationToken);
        if (effect.Error is { } refusal) throw new ErrorException(refusal);

        var known = effect.Value;
        return new GetCampaignEffectResponse
        {
            Currency = known.Currency,
            Treated = known.Treated.Customers,
            Holdout = known.Holdout?.Customers ?? 0,
            Complete = known.Complete,
            Confidence = known.Confidence,
            FormulaVersion = known.FormulaVersion,
            AsOf = known.AsOf.ToTimestamp(),
            Conversion = Measure(known.Conversion),
            IncrementalRevenue = Measure(known.IncrementalRevenue),
            Roi = Measure(known.Roi),
        };
    }

    private static EffectMeasure? Measure(Features.GetCampaignEffect.LiftResponse? lift) =>
        lift is null ? null : new EffectMeasure { Value = lift.Value, Low = lift.Low, High = lift.High, P = lift.P };
}
