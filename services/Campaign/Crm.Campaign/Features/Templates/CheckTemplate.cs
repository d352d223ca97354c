using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Templates;
using Crm.Campaign.LinkChecks;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <param name="Links">Whether to ask the targets of the links; takes seconds.</param>
public sealed record TemplateCheckRequest(bool Links = true);

public sealed record TemplateCheckResponse(long Version, IReadOnlyList<TemplateFinding> Findings);

/// <summary>What is likely to go wrong with the current version; it changes nothing and forbids nothing.</summary>
internal static class CheckTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/templates/{id:guid}/checks", async (Guid id, TemplateCheckRequest request, UnitOfWork unitOfWork, LinkChecker links, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, links, cancellationToken)).ToOk())
            .WithMetadata(new NoEffectAttribute())
            .WithName("CheckTemplate").WithSummary("Broken links, and what spam filters and mail programs take amiss").AllowRoles(Roles.Marketing);

    private static async Task<Result<TemplateCheckResponse>> HandleAsync(
        Guid id, TemplateCheckRequest request, UnitOfWork unitOfWork, LinkChecker links, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is not { } row) return CampaignErrors.TemplateNotFound;
        await unitOfWork.DisposeAsync(); // no connection is held while others are asked

        var template = row.ToPrepared();
        var written = JsonSerializer.Deserialize<Dictionary<string, TemplateContent>>(row.Contents, JsonSerializerOptions.Web)!;
        var findings = template.Languages.SelectMany(pair => TemplateChecks.Find(
            row.Channel, pair.Key, written[pair.Key], new MessageTemplate(pair.Key, pair.Value, template.Needs).Preview(Recipient.Example, template.Links), template.Links)).ToList();
        foreach (var missing in TemplatePreparation.Languages.Except(template.Languages.Keys))
        {
            findings.Add(TemplateFinding.Info("language_missing", missing, "Tidak ada teks dalam bahasa ini; penerima mendapat bahasa lain.", "There is no text in this language; recipients get the other."));
        }

        if (request.Links) findings.AddRange((await links.CheckAsync(template.Links, cancellationToken)).Where(verdict => verdict.Verdict != "ok").Select(Finding));
        return new TemplateCheckResponse(row.Version, [.. findings.Distinct()]);
    }

    private static TemplateFinding Finding(LinkVerdict link) => link.Verdict switch
    {
        "broken" => TemplateFinding.Problem("link_broken", null, $"Tautan rusak: {link.Detail}", $"A link is broken: {link.Detail}", link.Url),
        "refused" => TemplateFinding.Problem("link_refused", null, $"Tautan tidak diperiksa: {link.Detail}", $"A link is not looked at: {link.Detail}", link.Url),
        _ => TemplateFinding.Warning("link_unreachable", null, $"Tautan tidak menjawab: {link.Detail}", $"A link does not answer: {link.Detail}", link.Url),
    };
}
