using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <summary>
/// Four eyes: whoever wrote the version cannot approve it. The approval belongs to the version, so that a change, which makes another
/// version, is not approved.
/// </summary>
internal static class ApproveTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/templates/{id:guid}/versions/{version:long}/approve", async (
                Guid id, long version, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, version, unitOfWork, time, tokens, actor, cancellationToken)).ToOk())
            .WithName("ApproveTemplate").WithSummary("Approves the current version").AllowRoles(Roles.MarketingApprover);

    private static async Task<Result<TemplateResponse>> HandleAsync(
        Guid id, long version, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is not { } template) return CampaignErrors.TemplateNotFound;
        if (template.Version != version) return CampaignErrors.NotCurrentVersion;
        var approver = actor.Required.Subject;
        if (template.WrittenBy == approver) return CampaignErrors.OwnText;

        await unitOfWork.ExecuteAsync(
            """
            UPDATE template_versions SET approved_by = @approver, approved_at = @now
            WHERE template_id = @id AND version = @version AND approved_at IS NULL
            """,
            new { id, version, approver, now = time.GetUtcNow() },
            cancellationToken);
        return (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse(tokens);
    }
}
