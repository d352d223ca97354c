using Crm.Campaign.Features.Conversions;
using Crm.Campaign.Features.Experiments;
using Crm.Campaign.Features.GlobalHoldouts;
using Crm.Campaign.Features.Statistics;

namespace Crm.Campaign;

internal static class ResponseEndpoints
{
    public static void MapResponses(this RouteGroupBuilder api)
    {
        GetStatistics.Map(api);
        StreamProgress.Map(api);
        GetResponseTrend.Map(api);
        ListResponses.Map(api);
        ExportResponses.Map(api);
        JudgeResponses.Map(api);

        SetAttribution.Map(api);

        SetVariants.Map(api);
        GetExperiment.Map(api);
        GetSampleSize.Map(api);
        CreateGlobalHoldout.Map(api);
        EndGlobalHoldout.Map(api);
        ListGlobalHoldouts.Map(api);
    }
}
