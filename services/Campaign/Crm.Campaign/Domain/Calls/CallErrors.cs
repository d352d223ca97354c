using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Calls;

internal static class CallErrors
{
    public static readonly Error ListNotFound = Error.NotFound("campaign.call_list_not_found", "There is no campaign by phone with this id.");
    public static readonly Error CallNotFound = Error.NotFound("campaign.call_not_found", "There is no such call in this list.");
    public static readonly Error NotYours = Error.Conflict("campaign.call_not_yours", "The call is not yours: fetch it first, and say how it ended once.");

    public static Error NotCalling(string state) => Error.Conflict("campaign.wrong_state", $"The campaign is {state}; nobody is called for it now.", "state");
}
