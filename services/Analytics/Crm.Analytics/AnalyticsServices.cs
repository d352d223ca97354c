using Crm.Analytics.Consumers;
using Crm.Analytics.Domain;
using Crm.Analytics.Features;
using Crm.Analytics.Features.Value;
using Crm.Analytics.Jobs;
using Crm.Analytics.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Messaging;

namespace Crm.Analytics;

/// <summary>The parts of analytics, and its background work.</summary>
internal static class AnalyticsServices
{
    public static void AddAnalytics(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<AnalyticsOptions>().BindConfiguration("Analytics").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<BusinessCalendar>();
        services.AddSingleton<EventLogPartitions>();
        services.AddScoped<EventLog>();
        services.AddScoped<PurchaseDays>();
        services.AddScoped<ValueFacts>();
        services.AddScoped<CampaignAssignments>();
        services.AddScoped<SyntheticCustomers>();
        services.AddScoped<Projections>();
        services.AddSingleton<PurchaseGroups>();
        services.AddSingleton<OwnInbox<PurchasesRecorded>>();
        services.AddScoped<CustomerValuation>();
        services.AddScoped<FeatureQueries>();
        services.AddScoped<ScoreStore>();

        services.AddScoped<Baskets>();
        services.AddScoped<ContactRules>();
        services.AddSingleton<OfferCatalogueCache>();
        services.AddScoped<OfferStore>();
        services.AddScoped<AlertFacts>();
        services.AddScoped<AlertStore>();
        services.AddScoped<ProductIssueStore>();
        services.AddSingleton<VoiceReader>();
        services.AddScoped<FeedbackStore>();

        services.AddScoped<JobStore>();
        services.AddKeyedScoped<IJobHandler, ModelFitJob>(JobKind.ModelFit);
        services.AddKeyedScoped<IJobHandler, ScoringJob>(JobKind.ScoringRun);
        services.AddKeyedScoped<IJobHandler, OfferRulesJob>(JobKind.OfferRules);
        services.AddKeyedScoped<IJobHandler, AlertScanJob>(JobKind.AlertScan);
        services.AddKeyedScoped<IJobHandler, IssueScanJob>(JobKind.IssueScan);
        services.AddKeyedScoped<IJobHandler, SegmentationJob>(JobKind.Segmentation);
        services.AddKeyedScoped<IJobHandler, RebuildJob>(JobKind.Rebuild);
        services.AddKeyedScoped<IJobHandler, ReportJob>(JobKind.Report);
        services.AddScoped<RescoringStep>();
        services.AddSingleton<PlannerStatistics>();
        services.AddHostedService<JobWorker>();
        services.AddHostedService<JobMetrics>();
        services.AddSingleton<EventTypeFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<EventTypeFeed>());
        services.AddHostedService<Rescoring>();
        services.AddHostedService<NightlySchedule>();
        services.AddHostedService<ReportScheduler>();
    }
}
