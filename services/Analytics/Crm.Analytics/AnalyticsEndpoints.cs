using Crm.Analytics.Features;
using Crm.Analytics.Features.Alerts;
using Crm.Analytics.Features.Decisions;
using Crm.Analytics.Features.Effects;
using Crm.Analytics.Features.Metrics;
using Crm.Analytics.Features.Offers;
using Crm.Analytics.Features.Prices;
using Crm.Analytics.Features.ProductIssues;
using Crm.Analytics.Features.Reports;
using Crm.Analytics.Features.Retention;
using Crm.Analytics.Features.Segments;
using Crm.Analytics.Features.Targets;
using Crm.Analytics.Features.Value;
using Crm.Analytics.Features.Voice;
using Crm.ServiceDefaults.Idempotency;

namespace Crm.Analytics;

/// <summary>The route table of analytics.</summary>
internal static class AnalyticsEndpoints
{
    public static void MapAnalytics(this WebApplication app)
    {
        var api = app.MapApi("analytics");
        StartModelFit.Map(api);
        ReadModelFits.Map(api);
        StartScoringRun.Map(api);
        ReadScoringRuns.Map(api);
        GetCustomerValue.Map(api);
        ListCustomerValues.Map(api);
        GetRfmGrid.Map(api);
        GetValueDistribution.Map(api);
        GetConcentration.Map(api);
        GetCampaignEffect.Map(api);
        ListEvents.Map(api);
        StreamEventTypes.Map(api);

        OfferRuns.Map(api);
        GetNextBestOffers.Map(api);
        RecordOfferOutcome.Map(api);
        AlertScans.Map(api);
        ListAlerts.Map(api);
        DecideOnAlert.Map(api);
        GetAlertEffect.Map(api);
        SetServiceTier.Map(api);
        ProductIssueEndpoints.Map(api);
        RecordFeedback.Map(api);
        GetVoice.Map(api);
        GetVoiceTrend.Map(api);
        GetFeatureRequests.Map(api);
        GetSatisfactionDrivers.Map(api);
        GetPriceAnalysis.Map(api);
        MachineSegments.Map(api);
        DecisionEndpoints.Map(api);
        TargetEndpoints.Map(api);
        GetExecutiveDashboard.Map(api);
        GetMaturityBoard.Map(api);
        RecordValueFacts.Map(api);
        GetTotalValue.Map(api);
        GetSatisfaction.Map(api);
        GetRetention.Map(api);
        GetLifecycleFunnel.Map(api);
        RebuildProjections.Map(api);
        GetAdjustedEffect.Map(api);
        RunReport.Map(api);
        SavedReports.Map(api);
        ReportRuns.Map(api);
    }
}
