using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Lists;
using Crm.Campaign.Features.Suppressions;

namespace Crm.Campaign.Features.Segments;

internal static class AudienceEndpoints
{
    /// <summary>Segments, static lists, the suppression list, and who was in a send.</summary>
    public static void MapAudience(this RouteGroupBuilder api)
    {
        ListSegmentFields.Map(api);
        CreateSegment.Map(api);
        ChangeSegment.Map(api);
        GetSegment.Map(api);
        ListSegments.Map(api);
        PreviewSegment.Map(api);
        CountSegment.Map(api);
        ExplainSegment.Map(api);
        ListSegmentVersions.Map(api);
        MeasureSegment.Map(api);
        GetSegmentGrowth.Map(api);

        CreateList.Map(api);
        GetList.Map(api);
        ListLists.Map(api);
        AddMembers.Map(api);
        RemoveMember.Map(api);
        ListMembers.Map(api);
        ImportMembers.Map(api);

        AddSuppression.Map(api);
        ListSuppressions.Map(api);
        RemoveSuppression.Map(api);
        ListRemovals.Map(api);
        ImportSuppressions.Map(api);

        ListRecipients.Map(api);
        ExportRecipients.Map(api);
    }
}
