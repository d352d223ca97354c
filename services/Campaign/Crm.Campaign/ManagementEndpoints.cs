using Crm.Campaign.Features.Activities;
using Crm.Campaign.Features.Approvals;
using Crm.Campaign.Features.Calendar;
using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Figures;
using Crm.Campaign.Features.Planning;
using Crm.Campaign.Features.Receipts;
using Crm.Campaign.Features.Tasks;
using Crm.Campaign.Planning;
using Crm.Campaign.Retention;

namespace Crm.Campaign;

/// <summary>How campaigns are planned, approved and accounted for; a table of its own because it is long.</summary>
internal static class ManagementEndpoints
{
    public static void MapManagement(this RouteGroupBuilder api)
    {
        PutPlan.Map(api);
        ScheduleCampaign.Map(api);

        RequestApproval.Map(api);
        DecideApproval.Map(api);
        ListApprovals.Map(api);

        GetReceipt.Map(api);

        ShowCalendar.Map(api);
        SpecialDay.Map(api);
        CalendarFeed.Map(api);

        WriteActivity.Map(api);
        ListActivities.Map(api);
        ImportResults.Map(api);

        AddTask.Map(api);
        ChangeTask.Map(api);
        ListTasks.Map(api);
        Checklists.Map(api);
        Comments.Map(api);

        GetFigures.Map(api);
        ShowPortfolio.Map(api);
        CloneCampaign.Map(api);
        ArchiveCampaign.Map(api);
    }

    public static void AddManagement(this IServiceCollection services)
    {
        services.AddOptions<ApprovalOptions>().BindConfiguration(ApprovalOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PlanOptions>().BindConfiguration(PlanOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<ReceiptReader>();
        services.AddHostedService<PlannedCampaigns>();
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<Forgetting>();
    }
}
