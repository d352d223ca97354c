using Crm.Campaign.Features.Calendar;
using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Coupons;
using Crm.Campaign.Features.Inbound;
using Crm.Campaign.Features.Journeys;
using Crm.Campaign.Features.Receipts;
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

        api.MapAudience();

        CreateTemplate.Map(api);
        ChangeTemplate.Map(api);
        GetTemplate.Map(api);
        ListTemplates.Map(api);
        PreviewTemplate.Map(api);
        CheckTemplate.Map(api);
        TestRecipients.Map(api);
        SendTemplateTest.Map(api);
        ListTemplateVersions.Map(api);
        GetTemplateVersion.Map(api);
        CompareTemplateVersions.Map(api);
        RestoreTemplateVersion.Map(api);
        ApproveTemplate.Map(api);

        CreateCouponPool.Map(api);
        ChangeCouponPool.Map(api);
        GetCouponPool.Map(api);
        ListCouponPools.Map(api);
        GenerateCouponCodes.Map(api);
        ImportCouponCodes.Map(api);
        RedeemCoupon.Map(api);

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
        ListSenders.Map(api);
        api.MapResponses();

        api.MapManagement();
        api.MapJourneys();
        api.MapChannels();

        ReceiveMail.Map(api);
        ListQuarantine.Map(api);
    }

    /// <summary>What recipients' links lead to: nobody is signed in, the token is the right.</summary>
    public static void MapPublicPages(this WebApplication app)
    {
        var pages = app.MapGroup("").AllowAnonymous().AddEndpointFilter<CommitFilter>().ExcludeFromDescription();
        FollowLink.Map(pages);
        RecordOpen.Map(pages);
        Unsubscribe.Map(pages);
        ReceiveReceipts.Map(pages);
        ReceiveProviderEvents.Map(pages);
        WhyPage.Map(pages);
        CalendarFeed.MapPage(pages);
    }
}
