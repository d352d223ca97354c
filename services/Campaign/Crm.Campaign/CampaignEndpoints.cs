using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Segments;
using Crm.Campaign.Features.Templates;
using Crm.Campaign.Features.Tracking;
using Crm.ServiceDefaults.Idempotency;

namespace Crm.Campaign;

internal static class CampaignEndpoints
{
    public static void MapCampaign(this WebApplication app)
    {
        var api = app.MapApi("campaign");

        ListSegmentFields.Map(api);
        CreateSegment.Map(api);
        ChangeSegment.Map(api);
        GetSegment.Map(api);
        ListSegments.Map(api);
        PreviewSegment.Map(api);
        CountSegment.Map(api);

        CreateTemplate.Map(api);
        ChangeTemplate.Map(api);
        GetTemplate.Map(api);
        ListTemplates.Map(api);
        PreviewTemplate.Map(api);

        CreateCampaign.Map(api);
        GetCampaign.Map(api);
        ListCampaigns.Map(api);
        LaunchCampaign.Map(api);
        PauseCampaign.Map(api);
        ResumeCampaign.Map(api);
        CancelCampaign.Map(api);
        SetPacing.Map(api);
        ListUnknowns.Map(api);
        ResolveUnknowns.Map(api);
        api.MapResponses();

        api.MapManagement();
    }

    /// <summary>What recipients' links lead to: nobody is signed in, the token is the right.</summary>
    public static void MapPublicPages(this WebApplication app)
    {
        var pages = app.MapGroup("").AllowAnonymous().AddEndpointFilter<CommitFilter>().ExcludeFromDescription();
        FollowLink.Map(pages);
        RecordOpen.Map(pages);
        Unsubscribe.Map(pages);
    }
}
