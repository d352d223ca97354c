using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <summary>Campaigns that were launched keep the text they were launched with. A new version has yet to be approved.</summary>
internal static class ChangeTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/templates/{id:guid}", async (Guid id, TemplateRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, tokens, actor, cancellationToken)).ToOk())
            .WithName("ChangeTemplate").WithSummary("Replaces the text by a new version").AllowRoles(Roles.Marketing);

    private static async Task<Result<TemplateResponse>> HandleAsync(
        Guid id, TemplateRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is not { } before) return CampaignErrors.TemplateNotFound;
        if (before.Channel != request.Channel) return CampaignErrors.TemplateChannelFixed(before.Channel);
        return await SaveAsync(before, request.Name, request.ToContents(), ifMatch.Version, unitOfWork, time.GetUtcNow(), tokens, actor, cancellationToken);
    }

    /// <summary>Checks the text as if it were new: what it asks for may be gone since it was written.</summary>
    public static async Task<Result<TemplateResponse>> SaveAsync(
        TemplateRow before, string name, IReadOnlyDictionary<string, TemplateContent> contents, long version,
        UnitOfWork unitOfWork, DateTimeOffset now, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (!TemplatePreparation.Prepare(contents, before.Channel).TryGet(out var prepared, out var error)) return error;
        if (TemplateRow.CheckSegments(before.Channel, prepared, tokens) is { } tooLong) return tooLong;
        if (await TemplateRow.CheckNeedsAsync(prepared.Needs, unitOfWork, cancellationToken) is { } missing) return missing;

        var changed = await unitOfWork.ExecuteAsync(
            "UPDATE templates SET version = version + 1, name = @name, changed_at = @now WHERE id = @Id AND version = @version",
            new { before.Id, version, name, now },
            cancellationToken);
        if (changed == 0) return CampaignErrors.Stale;

        await TemplateRow.AddVersionAsync(before.Id, version + 1, contents, prepared, actor.Required.Subject, now, unitOfWork, cancellationToken);
        return (await TemplateRow.FindAsync(before.Id, unitOfWork, cancellationToken))!.ToResponse(tokens);
    }
}
