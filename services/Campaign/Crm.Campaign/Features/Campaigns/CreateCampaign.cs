using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.Campaign.Features.Templates;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="FromAddress">As whom the channel sends: see <see cref="SenderAddress"/>.</param>
/// <param name="SegmentId">Who gets a broadcast; a triggered campaign has none.</param>
public sealed record CampaignRequest(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name,
    Guid TemplateId,
    [property: Required, StringLength(100, MinimumLength = 1), RegularExpression(@"[^\p{Cc}]+", ErrorMessage = "A name has no control characters.")] string SenderName,
    [property: Required(AllowEmptyStrings = true), StringLength(254)] string FromAddress = "",
    [property: RegularExpression("email|sms|whatsapp|push|webhook|phone|post|pos", ErrorMessage = "There is no such channel.")] string Channel = "email",
    [property: Range(0, 50)] decimal HoldoutPercent = 0,
    Guid? SegmentId = null,
    [property: RegularExpression("broadcast|triggered", ErrorMessage = "The kind is broadcast or triggered.")] string Kind = "broadcast") : IValidatableObject
{
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        SenderAddress.ProblemWith(Channel, FromAddress) is { } problem ? [new ValidationResult(problem, [nameof(FromAddress)])] : [];
}

internal static class CreateCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns", async (CampaignRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(campaign => $"/api/campaign/v1/campaigns/{campaign.Id}"))
            .WithName("CreateCampaign").WithSummary("A draft; nothing is sent before it is launched").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        CampaignRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (request.SegmentId is null != (request.Kind == "triggered")) return CampaignErrors.SegmentOfKind(request.Kind);
        if (request.SegmentId is { } segmentId && await GetSegment.FindAsync(segmentId, unitOfWork, cancellationToken) is null) return CampaignErrors.UnknownSegment("segmentId");
        if (await TemplateRow.FindAsync(request.TemplateId, unitOfWork, cancellationToken) is not { } template) return CampaignErrors.UnknownTemplate("templateId");
        if (template.Channel != request.Channel) return CampaignErrors.TemplateOfOtherChannel(template.Channel, request.Channel);

        var campaign = new CampaignResponse(
            ids.Next(), 1, request.Name, request.Kind, request.SegmentId, request.TemplateId, request.Channel, request.SenderName, request.FromAddress,
            decimal.Round(request.HoldoutPercent, 2), "draft", actor.Required.Subject, time.GetUtcNow(), null, null);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaigns (id, version, name, kind, segment_id, template_id, channel, sender_name, from_address, holdout_percent, state, created_by, created_at)
            VALUES (@Id, @Version, @Name, @Kind, @SegmentId, @TemplateId, @Channel, @SenderName, @FromAddress, @HoldoutPercent, @State, @CreatedBy, @CreatedAt)
            """,
            campaign,
            cancellationToken);
        return campaign;
    }
}
