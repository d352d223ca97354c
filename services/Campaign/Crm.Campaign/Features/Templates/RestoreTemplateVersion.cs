using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <summary>An old text becomes the newest version: history only grows, and what was restored has to be approved again.</summary>
internal static class RestoreTemplateVersion
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/templates/{id:guid}/versions/{version:long}/restore", async (
                Guid id, long version, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, version, ifMatch, unitOfWork, time, tokens, actor, cancellationToken)).ToOk())
            .WithName("RestoreTemplateVersion").WithSummary("Makes an old text the current one again").AllowRoles(Roles.Marketing);

    private static async Task<Result<TemplateResponse>> HandleAsync(
        Guid id, long version, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is not { } current) return CampaignErrors.TemplateNotFound;
        if (!(await GetTemplateVersion.FindAsync(id, version, unitOfWork, cancellationToken)).TryGet(out var old, out var error)) return error;
        return await ChangeTemplate.SaveAsync(current, current.Name, old.Contents, ifMatch.Version, unitOfWork, time.GetUtcNow(), tokens, actor, cancellationToken);
    }
}
