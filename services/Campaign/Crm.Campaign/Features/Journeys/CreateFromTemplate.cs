using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Journeys;

/// <param name="Templates">Id of the text of each action that sends, by node; see the ready-made journey's <c>texts</c>.</param>
/// <param name="Language">Of the journey's name where none is given: <c>id</c> or <c>en</c>.</param>
public sealed record FromTemplateRequest(
    [property: Required, MaxLength(20)] Dictionary<string, Guid> Templates,
    [property: Required, StringLength(100, MinimumLength = 1)] string SenderName,
    [property: Required, StringLength(254)] string FromAddress,
    [property: StringLength(20)] string Channel = "email",
    [property: StringLength(200, MinimumLength = 1)] string? Name = null,
    [property: RegularExpression("id|en", ErrorMessage = "The language is id or en.")] string Language = "id",
    [property: StringLength(100, MinimumLength = 1)] string? AudienceTag = null, [property: Range(1, 100_000)] int? DailyLimit = null);

/// <param name="Texts">Actions that send: each needs a template.</param>
public sealed record ReadyMadeJourneyResponse(
    string Key, IReadOnlyDictionary<string, string> Name, IReadOnlyDictionary<string, string> Purpose, IReadOnlyList<string> Texts, System.Text.Json.JsonElement Definition);

/// <summary>Journeys that need nothing but their texts. What is made of one is a draft like any other and can be changed.</summary>
internal static class CreateFromTemplate
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/journey-templates", List).WithName("ListJourneyTemplates").WithSummary("Ready-made journeys, in both languages").AllowRoles(JourneyRights.Readers);
        api.MapPost("/journey-templates/{key}/journeys", async (
                    string key, FromTemplateRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(key, request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(journey => $"/api/campaign/v1/journeys/{journey.Id}"))
            .WithName("CreateJourneyFromTemplate").WithSummary("A draft made from a ready-made journey").AllowRoles(JourneyRights.Writers);
    }

    private static Ok<IReadOnlyList<ReadyMadeJourneyResponse>> List() => TypedResults.Ok<IReadOnlyList<ReadyMadeJourneyResponse>>(
    [
        .. ReadyMadeJourney.All.Select(ready => new ReadyMadeJourneyResponse(
            ready.Key, new Dictionary<string, string> { ["id"] = ready.NameId, ["en"] = ready.NameEn },
            new Dictionary<string, string> { ["id"] = ready.PurposeId, ["en"] = ready.PurposeEn }, ready.Texts,
            System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(ready.Definition))),
    ]);

    private static async Task<Result<JourneyResponse>> HandleAsync(
        string key, FromTemplateRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (ReadyMadeJourney.All.FirstOrDefault(ready => ready.Key == key) is not { } found) return JourneyErrors.TemplateNotFound;
        if (found.Texts.FirstOrDefault(text => !request.Templates.ContainsKey(text)) is { } missing)
        {
            return Error.Unprocessable("campaign.journey_text_missing", $"The action '{missing}' needs a template.", $"templates.{missing}");
        }

        if (request.Templates.Keys.FirstOrDefault(text => !found.Texts.Contains(text)) is { } unknown)
        {
            return Error.Unprocessable("campaign.journey_text_unknown", $"There is no action '{unknown}' that sends.", $"templates.{unknown}");
        }

        var name = request.Name ?? (request.Language == "en" ? found.NameEn : found.NameId);
        var definition = found.Fill(request.Templates, request.Channel, request.SenderName, request.FromAddress);
        return await CreateJourney.HandleAsync(new JourneyRequest(name, definition, request.AudienceTag, request.DailyLimit), unitOfWork, ids, time, actor, cancellationToken);
    }
}
