using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>What a campaign has changed, by comparing those who were to get it with those who were kept back.</summary>
internal static class GetCampaignEffect
{
    internal const int DefaultWindowDays = 14;

    /// <param name="AsOf">Purchases up to then are in it.</param>
    /// <param name="Complete">The window is over for everybody.</param>
    /// <param name="Holdout">Null without a hold-out: then there is a response, and no effect.</param>
    /// <param name="GlobalHoldout">Kept back from all campaigns; shown, not compared with.</param>
    /// <param name="Revenue">Per assigned customer.</param>
    /// <param name="IncrementalRevenue">Of all treated customers together.</param>
    /// <param name="Roi">Of the margin, (incremental margin - cost) / cost; null without hold-out or cost.</param>
    public sealed record Response(
        Guid CampaignId, string Name, string Channel, int WindowDays, string Currency, DateTimeOffset AsOf, bool Complete, double Confidence, string FormulaVersion,
        ArmResponse Treated, ArmResponse? Holdout, ArmResponse? GlobalHoldout, IReadOnlyList<ArmResponse> Variants,
        LiftResponse? Conversion, LiftResponse? Revenue, LiftResponse? IncrementalRevenue, LiftResponse? Roi, string? WithoutEffect);

    /// <param name="Customers">Assigned, whether or not a message reached them.</param>
    public sealed record ArmResponse(string? Variant, long Customers, long Converted, double ConversionRate, decimal Revenue, double RevenueMean, double RevenueDeviation);

    /// <param name="Method">newcombe or welch; of the interval.</param>
    /// <param name="Statistic">z (unpooled) or t.</param>
    public sealed record LiftResponse(double Value, double Low, double High, string Method, double Statistic, double P);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/campaign-effects/{campaignId:guid}", async (
            Guid campaignId, int? windowDays, string? currency, double? cost, double? marginRate, double? confidence, CampaignAssignments assignments, BusinessCalendar calendar,
            TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(
                campaignId, new Question(windowDays ?? DefaultWindowDays, currency, cost, marginRate ?? 1, confidence ?? 0.95), assignments, calendar, time, cancellationToken)).ToOk())
        .WithName("GetCampaignEffect")
        .AllowRoles([.. Roles.Analytics, .. Roles.Marketing, Roles.SalesManager, Roles.Viewer]);

    internal static async Task<Result<Response>> Handle(
        Guid campaignId, Question question, CampaignAssignments assignments, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (question.Check() is { } wrong) return wrong;
        if (await assignments.FindAsync(campaignId, cancellationToken) is not { LastAssignedDay: { } lastDay } campaign) return AnalyticsErrors.CampaignNotMeasured;

        var currency = question.Currency ?? campaign.MainCurrency ?? "IDR";
        var totals = await assignments.TotalsAsync(campaignId, question.WindowDays, currency, cancellationToken);
        ArmTotals? Of(string arm) => totals.FirstOrDefault(row => row.Whole && row.Arm == arm);
        var (treated, holdout) = (Of(ArmTotals.Treated), Of(ArmTotals.Holdout));
        var (arm, control) = (ToArm(treated), ToArm(holdout));
        var comparable = arm.Customers > 0 && control.Customers > 0;
        var revenue = comparable ? CampaignEffect.Revenue(arm, control, question.Confidence) : null;
        var incremental = revenue is { } perCustomer ? CampaignEffect.Times(perCustomer, arm.Customers) : (Lift?)null;
        return new Response(
            campaignId, campaign.Name, campaign.Channel, question.WindowDays, currency, time.GetUtcNow(), calendar.Today >= lastDay.AddDays(question.WindowDays),
            question.Confidence, CampaignEffect.FormulaVersion,
            ToResponse(treated) ?? new ArmResponse(null, 0, 0, 0, 0, 0, 0), ToResponse(holdout), ToResponse(Of(ArmTotals.GlobalHoldout)),
            [.. totals.Where(row => row is { Whole: false, Arm: ArmTotals.Treated, Variant: not null }).Select(row => ToResponse(row)!)],
            comparable ? ToResponse(CampaignEffect.Conversion(arm, control, question.Confidence), "newcombe") : null,
            ToResponse(revenue, "welch"), ToResponse(incremental, "welch"),
            incremental is { } all && question.Cost is { } cost ? ToResponse(CampaignEffect.Roi(CampaignEffect.Times(all, question.MarginRate), cost), "welch") : null,
            comparable ? null : "no_holdout");
    }

    private static EffectArm ToArm(ArmTotals? totals) => totals is null ? default : new EffectArm(totals.Customers, totals.Converted, totals.Mean, totals.Variance);

    private static ArmResponse? ToResponse(ArmTotals? totals) => totals is null
        ? null
        : new ArmResponse(totals.Variant, totals.Customers, totals.Converted, ToArm(totals).Rate, totals.Revenue, totals.Mean, Math.Sqrt(totals.Variance));

    private static LiftResponse? ToResponse(Lift? lift, string method) =>
        lift is { } known ? new LiftResponse(known.Difference, known.Low, known.High, method, known.Statistic, known.P) : null;

    /// <param name="Cost">Of the campaign, in the currency.</param>
    /// <param name="MarginRate">Share of revenue that is margin.</param>
    internal sealed record Question(int WindowDays, string? Currency, double? Cost, double MarginRate, double Confidence)
    {
        public Error? Check()
        {
            if (WindowDays is < 1 or > 365) return Error.Invalid("analytics.window_out_of_range", "windowDays is from 1 to 365.", "windowDays");
            if (Currency is not null && !Currencies.IsCode(Currency)) return AnalyticsErrors.CurrencyInvalid;
            if (Cost is not null && !(Cost is > 0 and < 1e15)) return Error.Invalid("analytics.cost_invalid", "cost is more than 0.", "cost");
            if (!(MarginRate is > 0 and <= 1)) return Error.Invalid("analytics.margin_rate_invalid", "marginRate is more than 0 and at most 1.", "marginRate");
            return Confidence is >= 0.5 and <= 0.999 ? null : Error.Invalid("analytics.confidence_invalid", "confidence is from 0.5 to 0.999.", "confidence");
        }
    }
}
