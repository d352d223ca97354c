using Crm.Loyalty.Features.Cards;
using Crm.Loyalty.Features.Members;
using Crm.Loyalty.Features.Points;
using Crm.ServiceDefaults.Idempotency;

namespace Crm.Loyalty;

/// <summary>The route table of loyalty.</summary>
internal static class LoyaltyEndpoints
{
    public static void MapLoyalty(this WebApplication app)
    {
        var api = app.MapApi("loyalty");
        EnrolMember.Map(api);
        EnrolMembers.Map(api);
        GetMember.Map(api);
        IssueCard.Map(api);
        BlockCard.Map(api);
        ReplaceCard.Map(api);
        InquireCard.Map(api);
        GetBalance.Map(api);
        ListLedger.Map(api);
        RedeemPoints.Map(api);
        VerifyLedger.Map(api);
    }
}
