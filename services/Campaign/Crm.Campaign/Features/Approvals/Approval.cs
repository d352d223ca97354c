using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Approvals;

/// <param name="State">
/// requested, approved, rejected; superseded by a later request; void: what it was about was changed before the launch.
/// </param>
/// <param name="Recipients">Whom the segment reached when approval was asked for.</param>
/// <param name="Fingerprint">SHA-256 of the content that was put before the approver.</param>
/// <param name="Changed">What is different now: campaign, segment, template, plan, ...; always empty after the launch.</param>
public sealed record ApprovalResponse(
    Guid Id, Guid CampaignId, string CampaignName, string State, long Recipients, string Fingerprint, string? Comment, string RequestedBy, DateTimeOffset RequestedAt,
    string? DecidedBy, DateTimeOffset? DecidedAt, string? Reason, IReadOnlyList<string> Changed);

internal sealed record ApprovalRow(
    Guid Id, Guid CampaignId, string CampaignName, string State, long Recipients, string Fingerprint, string? Comment, string RequestedBy, DateTimeOffset RequestedAt,
    string? DecidedBy, DateTimeOffset? DecidedAt, string? Reason, string[] Changed)
{
    /// <summary>Approvals <c>a</c> with their campaigns <c>c</c>; a condition follows.</summary>
    public const string Select =
        $"""
        SELECT a.id, a.campaign_id, c.name AS campaign_name, a.state, a.recipients, encode(sha256(convert_to(a.content::text, 'UTF8')), 'hex') AS fingerprint,
            a.comment, a.requested_by, a.requested_at, a.decided_by, a.decided_at, a.reason,
            CASE WHEN c.state IN ('draft', 'scheduled') AND a.state <> 'superseded' THEN ARRAY(
                SELECT coalesce(o.key, n.key) FROM jsonb_each(a.content) o FULL JOIN jsonb_each({CampaignContent.Sql}) n ON n.key = o.key
                WHERE o.value IS DISTINCT FROM n.value ORDER BY 1) ELSE ARRAY[]::text[] END AS changed
        FROM campaign_approvals a JOIN campaigns c ON c.id = a.campaign_id
        """;

    public ApprovalResponse ToResponse() => new(
        Id, CampaignId, CampaignName, State is "requested" or "approved" && Changed.Length > 0 ? "void" : State, Recipients, Fingerprint, Comment,
        RequestedBy, RequestedAt, DecidedBy, DecidedAt, Reason, Changed);
}

/// <summary>Four eyes: what reaches many customers is launched as a second person approved it, or not at all.</summary>
internal static class Approval
{
    /// <summary>Why the campaign may not be launched as it is, or null. Keeps what it looked at from changing until the transaction ends.</summary>
    public static async Task<Error?> CheckAsync(
        Guid campaignId, string channel, CompiledCriteria segment, ApprovalOptions options, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await CampaignContent.LockAsync(campaignId, unitOfWork, cancellationToken);
        var current = await unitOfWork.QuerySingleOrDefaultAsync<ApprovalRow>(
            $"{ApprovalRow.Select} WHERE a.campaign_id = @campaignId AND a.state <> 'superseded'", new { campaignId }, cancellationToken);
        if (current is { State: "rejected", Changed: [] }) return ApprovalErrors.Rejected(current.Reason);

        var allowed = current is null ? 0 : current.Recipients + current.Recipients * options.GrowthPercent / 100;
        var recipients = await CountAsync(channel, segment, Math.Max(allowed, options.AboveRecipients) + 1, unitOfWork, cancellationToken);
        if (recipients <= options.AboveRecipients) return null;
        return current switch
        {
            { State: "approved", Changed: [] } when recipients <= allowed => null,
            { State: "approved", Changed: [] } => ApprovalErrors.AudienceGrew(current.Recipients, options.GrowthPercent),
            { State: "approved" } => ApprovalErrors.Void(current.Changed),
            _ => ApprovalErrors.Required(options.AboveRecipients, current is { State: "requested" }),
        };
    }

    /// <summary>Counts whom the segment reaches, but no further than <paramref name="limit"/>.</summary>
    public static async Task<long> CountAsync(string channel, CompiledCriteria segment, long limit, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        segment.Parameters.Add("countLimit", limit);
        return await unitOfWork.QuerySingleOrDefaultAsync<long>(
            $"""
            SELECT count(*) FROM (
                SELECT 1 FROM audience a WHERE a.profile_version IS NOT NULL AND {segment.Sql} AND ({Eligibility.ReasonSql(channel)}) IS NULL LIMIT @countLimit) reached
            """,
            segment.Parameters,
            cancellationToken);
    }
}

internal static class ApprovalErrors
{
    public static readonly Error NotFound = Error.NotFound("campaign.approval_not_found", "There is no such request for approval.");

    public static readonly Error ApproverIsAuthor = Error.Forbidden(
        "campaign.approver_is_author", "Whoever made a campaign or journey, changed its plan or definition, or asked for its approval does not decide about it.");

    public static Error Required(long above, bool requested) => Error.Forbidden(
        "campaign.approval_required",
        $"More than {above} customers would get this campaign: it needs the approval of a second person" + (requested ? ", which was asked for and is not decided." : "."));

    public static Error JourneyRequired(long above, bool requested) => Error.Forbidden(
        "campaign.approval_required",
        $"More than {above} customers could enter this journey: it needs the approval of a second person" + (requested ? ", which was asked for and is not decided." : "."));

    public static Error JourneyGrew(long approved, int percent) => Error.Conflict(
        "campaign.audience_grew", $"Over {percent} % more customers could enter than the {approved} at the request for approval; ask for it anew.", "definition.trigger");

    public static Error Void(IReadOnlyList<string> changed) => Error.Conflict(
        "campaign.approval_void", $"What was put up for approval was changed since ({string.Join(", ", changed)}); ask for approval anew.", changed[0]);

    public static Error AudienceGrew(long approved, int percent) => Error.Conflict(
        "campaign.audience_grew", $"The segment reaches over {percent} % more customers than the {approved} that were approved; ask for approval anew.", "segmentId");

    public static Error Rejected(string? reason) => Error.Conflict("campaign.approval_rejected", $"It was rejected as it is: {reason}");

    public static Error Decided(string state) => Error.Conflict("campaign.approval_decided", $"The request is {state} already.", "state");
}
