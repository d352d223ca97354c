using Crm.Campaign.Features.Approvals;
using Crm.Campaign.Features.Scenarios;

namespace Crm.Campaign.Features.Journeys;

internal static class JourneyEndpoints
{
    public static void MapJourneys(this RouteGroupBuilder api)
    {
        CreateJourney.Map(api);
        ChangeJourney.Map(api);
        GetJourney.Map(api);
        ListJourneys.Map(api);
        ActivateJourney.Map(api);
        PauseJourney.Map(api);
        EndJourney.Map(api);
        MigrateJourneyEntries.Map(api);
        EnterContacts.Map(api);
        ListJourneyEntries.Map(api);
        GetJourneyCounts.Map(api);
        GrantAutomation.Map(api);
        CreateFromTemplate.Map(api);
        SimulateJourney.Map(api);
        RequestJourneyApproval.Map(api);
        DecideJourneyApproval.Map(api);
        ListJourneyApprovals.Map(api);

        SaveScenario.Map(api);
        ReadScenarios.Map(api);
    }
}
