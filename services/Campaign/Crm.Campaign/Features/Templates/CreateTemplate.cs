using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

internal static class CreateTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/templates", async (TemplateRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, TrackingTokens tokens, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, tokens, cancellationToken)).ToCreated(template => $"/api/campaign/v1/templates/{template.Id}"))
            .WithName("CreateTemplate").WithSummary("Saves a template; merge fields and links are checked").AllowRoles(Roles.Marketing);

    private static async Task<Result<TemplateResponse>> HandleAsync(
        TemplateRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, TrackingTokens tokens, CancellationToken cancellationToken)
    {
        var contents = request.ToContents();
        if (!TemplatePreparation.Prepare(contents, request.Channel).TryGet(out var prepared, out var error)) return error;
        if (TemplateRow.CheckSegments(request.Channel, prepared, tokens) is { } tooLong) return tooLong;
        if (await TemplateRow.CheckNeedsAsync(prepared.Needs, unitOfWork, cancellationToken) is { } missing) return missing;

        var now = time.GetUtcNow();
        var template = new TemplateResponse(
            ids.Next(), 1, request.Name, request.Channel, contents, prepared.Links, actor.Required.Subject, now, now,
            Sms: TemplateRow.SmsSizes(request.Channel, prepared, tokens));
        await unitOfWork.ExecuteAsync(
            "INSERT INTO templates (id, version, name, channel, created_by, created_at, changed_at) VALUES (@Id, 1, @Name, @Channel, @CreatedBy, @CreatedAt, @CreatedAt)",
            new { template.Id, template.Name, template.Channel, template.CreatedBy, template.CreatedAt },
            cancellationToken);
        await TemplateRow.AddVersionAsync(template.Id, 1, contents, prepared, template.CreatedBy, now, unitOfWork, cancellationToken);
        return template;
    }
}
