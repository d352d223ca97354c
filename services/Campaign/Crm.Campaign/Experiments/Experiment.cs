using System.Text.Json;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Experiments;
using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Templates;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Experiments;

/// <summary>A campaign's experiment as it is stored.</summary>
internal sealed record Experiment(
    Guid CampaignId, string Salt, string Metric, double Alpha, decimal? TestPercent, int HorizonMinutes, long MinimumSample, string DefaultVariant,
    DateTimeOffset? DecidedAt, string? Outcome, string? Chosen, string? Result, DateTimeOffset? ReleasedAt)
{
    public const string Columns =
        "campaign_id, salt, metric, alpha, test_percent, horizon_minutes, minimum_sample, default_variant, decided_at, outcome, chosen, result::text AS result, released_at";

    public static Task<Experiment?> FindAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<Experiment>($"SELECT {Columns} FROM campaign_experiments WHERE campaign_id = @campaignId", new { campaignId }, cancellationToken);

    public static Task<IReadOnlyList<Variant>> VariantsAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<Variant>(
            "SELECT name, weight, template_id, subjects::text AS subjects FROM campaign_variants WHERE campaign_id = @campaignId ORDER BY position", new { campaignId }, cancellationToken);

    /// <summary>Who gets what; null for a campaign without an experiment.</summary>
    public static async Task<VariantAssignment?> AssignmentAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await FindAsync(campaignId, unitOfWork, cancellationToken) is { } experiment
            ? new VariantAssignment(
                experiment.Salt, [.. (await VariantsAsync(campaignId, unitOfWork, cancellationToken)).Select(variant => new Arm(variant.Name, variant.Weight))], experiment.TestPercent)
            : null;

    /// <summary>At the launch: the texts of the variants stay what they are now. What is wrong with them meanwhile refuses the launch.</summary>
    public static async Task<Error?> FixAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var campaign = (await CampaignResponse.FindAsync(campaignId, unitOfWork, cancellationToken))!;
        foreach (var variant in await VariantsAsync(campaign.Id, unitOfWork, cancellationToken))
        {
            if (!(await variant.PrepareAsync(campaign, "variants", unitOfWork, cancellationToken)).TryGet(out var prepared, out var error)) return error;
            await unitOfWork.ExecuteAsync(
                "UPDATE campaign_variants SET prepared = @prepared::jsonb, needs = @needs::jsonb, links = @links WHERE campaign_id = @Id AND name = @Name",
                new
                {
                    campaign.Id, variant.Name,
                    prepared = JsonSerializer.Serialize(prepared.Languages, JsonSerializerOptions.Web),
                    needs = JsonSerializer.Serialize(prepared.Needs, JsonSerializerOptions.Web),
                    links = prepared.Links.ToArray(),
                },
                cancellationToken);
        }

        return null;
    }

    /// <summary>The figures of the arms by now: recipients sent to, and those of them who did what is measured.</summary>
    public async Task<ExperimentResult> EvaluateAsync(UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var arms = await unitOfWork.QueryAsync<ArmRow>(
            $"""
            SELECT v.name,
                (SELECT coalesce(sum(recipients), 0)::bigint FROM delivery_counts d WHERE d.campaign_id = v.campaign_id AND d.variant = v.name AND d.state = 'sent') AS sent,
                ({(Metric == "clicked"
                    ? "SELECT coalesce(sum(unique_human), 0)::bigint FROM response_counts r WHERE r.campaign_id = v.campaign_id AND r.variant = v.name AND r.kind = 'clicked'"
                    : "SELECT coalesce(sum(customers), 0)::bigint FROM conversion_counts k WHERE k.campaign_id = v.campaign_id AND k.variant = v.name")}) AS successes
            FROM campaign_variants v WHERE v.campaign_id = @CampaignId ORDER BY v.position
            """,
            new { CampaignId },
            cancellationToken);
        return ExperimentEvaluation.Evaluate([.. arms.Select(arm => (arm.Name, new Share(Math.Min(arm.Successes, arm.Sent), arm.Sent)))], Alpha, MinimumSample);
    }

    private sealed record ArmRow(string Name, long Sent, long Successes);
}

/// <param name="Subjects">JSON, by language.</param>
internal sealed record Variant(string Name, int Weight, Guid TemplateId, string Subjects)
{
    public Dictionary<string, string> SubjectsByLanguage => JsonSerializer.Deserialize<Dictionary<string, string>>(Subjects, JsonSerializerOptions.Web)!;

    /// <summary>The text as it would be sent, the template's with the variant's subjects; for the channel and in the languages of the campaign's own.</summary>
    public async Task<Result<PreparedTemplate>> PrepareAsync(CampaignResponse campaign, string field, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await TemplateRow.FindAsync(TemplateId, unitOfWork, cancellationToken) is not { } template) return CampaignErrors.UnknownTemplate($"{field}.templateId");
        if (template.Channel != campaign.Channel)
        {
            return Error.Unprocessable("campaign.template_channel", $"The template is for {template.Channel}, the campaign for {campaign.Channel}.", $"{field}.templateId");
        }

        var contents = JsonSerializer.Deserialize<Dictionary<string, TemplateContent>>(template.Contents, JsonSerializerOptions.Web)!;
        var own = (await TemplateRow.FindAsync(campaign.TemplateId, unitOfWork, cancellationToken))!.ToPrepared().Languages.Keys;
        if (!own.ToHashSet(StringComparer.Ordinal).SetEquals(contents.Keys))
        {
            return Error.Unprocessable("campaign.variant_languages", $"A variant has the languages of the campaign's own text: {string.Join(", ", own.Order(StringComparer.Ordinal))}.", $"{field}.templateId");
        }

        foreach (var (language, subject) in SubjectsByLanguage)
        {
            if (!contents.TryGetValue(language, out var content)) return Error.Unprocessable("campaign.unknown_language", $"The template has no text in '{language}'.", $"{field}.subjects.{language}");
            contents[language] = content with { Subject = subject };
        }

        return TemplatePreparation.Prepare(contents, template.Channel);
    }
}
