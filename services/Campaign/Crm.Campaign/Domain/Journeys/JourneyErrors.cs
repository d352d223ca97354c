using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Journeys;

internal static class JourneyErrors
{
    public static readonly Error NotFound = Error.NotFound("campaign.journey_not_found", "There is no such journey.");
    public static readonly Error ScenarioNotFound = Error.NotFound("campaign.scenario_not_found", "There is no such scenario.");
    public static readonly Error SimulationNotFound = Error.NotFound("campaign.simulation_not_found", "There is no such simulation.");
    public static readonly Error TemplateNotFound = Error.NotFound("campaign.journey_template_not_found", "There is no such ready-made journey.");
    public static readonly Error Stale = Error.Stale("campaign.stale", "Somebody changed it meanwhile; read it again.");
    public static readonly Error NothingToPublish = Error.Conflict("campaign.journey_unchanged", "It runs as it was last saved.", "state");
    public static readonly Error TagNeeded = Error.Unprocessable("campaign.journey_tag_needed", "A sales rep's journey names the tag of its contacts.", "audienceTag");
    public static readonly Error TagOfReps = Error.Unprocessable("campaign.journey_tag_of_reps", "Only a sales rep's journey is bound to a tag; others ask for it in their criteria.", "audienceTag");
    public static readonly Error NoGrant = Error.Forbidden("campaign.automation_not_granted", "Nobody has allowed you automations; a sales manager can.");
    public static readonly Error NoSuchVersion = Error.Unprocessable("campaign.journey_unknown_version", "The journey has no such version that contacts could leave.", "fromVersion");

    public static Error TagNotGranted(string tag) =>
        Error.Unprocessable("campaign.journey_tag_not_granted", $"You may not automate for contacts with the tag '{tag}'.", "audienceTag");

    public static Error LimitNotGranted(int limit) => Error.Unprocessable("campaign.journey_limit_not_granted", $"You may send at most {limit} messages a day.", "dailyLimit");

    public static Error TemplateNotGranted(string field) => Error.Unprocessable("campaign.journey_template_not_granted", "You may not send this template.", field);

    public static Error ActionNotGranted(string field) => Error.Unprocessable("campaign.journey_action_not_granted", "A sales rep's journey sends and opens cases; it changes no tags and gives no points.", field);

    public static Error WrongState(string state, string wanted) =>
        Error.Conflict("campaign.wrong_state", $"The journey is {state}; only one that is {wanted} can do that.", "state");
}
