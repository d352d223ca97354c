using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain;

/// <summary>Refusals of this service that are not about one expression of a segment or template.</summary>
internal static class CampaignErrors
{
    public static readonly Error SegmentNotFound = Error.NotFound("campaign.segment_not_found", "There is no such segment.");
    public static readonly Error TemplateNotFound = Error.NotFound("campaign.template_not_found", "There is no such template.");
    public static readonly Error CampaignNotFound = Error.NotFound("campaign.campaign_not_found", "There is no such campaign.");
    public static readonly Error CustomerNotInAudience = Error.NotFound("campaign.customer_not_found", "There is no such customer in the audience.");
    public static readonly Error Stale = Error.Stale("campaign.stale", "Somebody changed it meanwhile; read it again.");

    public static readonly Error NoRecipients = Error.Unprocessable(
        "campaign.no_recipients", "Nobody in the segment has an address on the campaign's channel, consents to marketing by it, and is not suppressed.", "segmentId");

    public static readonly Error VersionNotFound = Error.NotFound("campaign.template_version_not_found", "The template has no such version.");
    public static readonly Error OwnText = Error.Forbidden("campaign.four_eyes", "A text is approved by somebody else than whoever wrote it.");
    public static readonly Error NotCurrentVersion = Error.Conflict("campaign.template_version_old", "Only the current version can be approved.", "version");

    public static readonly Error LocalHourOfSendTime = Error.Invalid("campaign.local_hour", "A local hour belongs to the send time localHour, and to no other.", "localHour");

    public static readonly Error EmptyQuietHours = Error.Invalid("campaign.quiet_hours_empty", "Quiet hours begin and end at different times.", "quietHours.to");

    public static readonly Error WarmUpBounds = Error.Invalid("campaign.warm_up_bounds", "The most of any day is not less than the first day's.", "warmUp.max");

    public static Error UnknownTimeZone(string field) => Error.Invalid("campaign.unknown_time_zone", "That is not the IANA name of a time zone.", field);

    public static Error TimeOfDay(string field) => Error.Invalid("campaign.time_of_day", "A time of day is written as HH:mm.", field);

    public static Error UnknownSegment(string field) => Error.Unprocessable("campaign.unknown_segment", "There is no such segment.", field);

    public static Error SegmentOfKind(string kind) => Error.Invalid(
        "campaign.segment_of_kind", kind == "triggered" ? "A triggered campaign has no segment: what triggers it chooses the recipients." : "A broadcast needs a segment.", "segmentId");

    public static Error UnknownTemplate(string field) => Error.Unprocessable("campaign.unknown_template", "There is no such template.", field);

    public static Error TemplateChannelFixed(string channel) =>
        Error.Conflict("campaign.template_channel_fixed", $"The template is for {channel}; write another one for another channel.", "channel");

    public static Error TemplateOfOtherChannel(string template, string campaign) =>
        Error.Unprocessable("campaign.template_channel", $"The template is for {template}, the campaign for {campaign}.", "templateId");

    public static Error WrongState(string state, string wanted) =>
        Error.Conflict("campaign.wrong_state", $"The campaign is {state}; only one that is {wanted} can do that.", "state");
}
