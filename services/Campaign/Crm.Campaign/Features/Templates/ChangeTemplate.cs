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
        api.MapPut("/templates/{id:guid}", async (Guid id, TemplateRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeTemplate").WithSummary("Replaces the text by a new version").AllowRoles(Roles.Marketing);

    private static async Task<Result<TemplateResponse>> HandleAsync(
        Guid id, TemplateRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var contents = request.ToContents();
        if (!TemplatePreparation.Prepare(contents).TryGet(out var prepared, out var error)) return error;

        var changed = await unitOfWork.ExecuteAsync(
            "UPDATE templates SET version = version + 1, name = @Name, changed_at = @now WHERE id = @id AND version = @Version",
            new { id, ifMatch.Version, request.Name, now = time.GetUtcNow() },
            cancellationToken);
        if (changed == 0) return await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is null ? CampaignErrors.TemplateNotFound : CampaignErrors.Stale;

        await TemplateRow.AddVersionAsync(id, ifMatch.Version + 1, contents, prepared, unitOfWork, cancellationToken);
        return (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse();
    }
}
