using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <summary>Campaigns that were launched keep the text they were launched with.</summary>
internal static class ChangeTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/templates/{id:guid}", async (Guid id, TemplateRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, tokens, cancellationToken)).ToOk())
            .WithName("ChangeTemplate").WithSummary("Replaces the text by a new version").AllowRoles(Roles.Marketing);

    private static async Task<Result<TemplateResponse>> HandleAsync(
        Guid id, TemplateRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is not { } before) return CampaignErrors.TemplateNotFound;
        if (before.Channel != request.Channel) return CampaignErrors.TemplateChannelFixed(before.Channel);
        var contents = request.ToContents();
        if (!TemplatePreparation.Prepare(contents, request.Channel).TryGet(out var prepared, out var error)) return error;
        if (TemplateRow.CheckSegments(request.Channel, prepared, tokens) is { } tooLong) return tooLong;

        var changed = await unitOfWork.ExecuteAsync(
            "UPDATE templates SET version = version + 1, name = @Name, changed_at = @now WHERE id = @id AND version = @Version",
            new { id, ifMatch.Version, request.Name, now = time.GetUtcNow() },
            cancellationToken);
        if (changed == 0) return CampaignErrors.Stale;

        await TemplateRow.AddVersionAsync(id, ifMatch.Version + 1, contents, prepared, unitOfWork, cancellationToken);
        return (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse(tokens);
    }
}
