using System.Text.Json;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Experiments;
using Crm.Campaign.Experiments;
using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Experiments;

public sealed record VariantResponse(string Name, int Weight, Guid TemplateId, IReadOnlyDictionary<string, string> Subjects);

/// <param name="Salt">SHA-256 of salt and customer id decides who gets what.</param>
/// <param name="HorizonMinutes">From the launch to the decision.</param>
/// <param name="Outcome">winner, inconclusive; null as long as the horizon is not over.</param>
/// <param name="Chosen">What those who waited for the outcome get.</param>
/// <param name="Preliminary">The result is of now and decides nothing; otherwise it is what was decided on.</param>
public sealed record ExperimentResponse(
    Guid CampaignId, string Salt, string Metric, double Alpha, decimal? TestPercent, DateTimeOffset? DecidesAt, int HorizonMinutes, long MinimumSample, string DefaultVariant,
    IReadOnlyList<VariantResponse> Variants, string? Outcome, string? Chosen, DateTimeOffset? DecidedAt, bool Preliminary, ExperimentResult Result);

internal static class GetExperiment
{
    private static readonly Error None = Error.NotFound("campaign.no_experiment", "The campaign has no variants.");

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/experiment", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetExperiment").WithSummary("Variants, figures with intervals, and the outcome of the declared test").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<ExperimentResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } campaign) return CampaignErrors.CampaignNotFound;
        if (await Experiment.FindAsync(id, unitOfWork, cancellationToken) is not { } experiment) return None;

        var variants = await Experiment.VariantsAsync(id, unitOfWork, cancellationToken);
        var result = experiment.Result is { } stored
            ? JsonSerializer.Deserialize<ExperimentResult>(stored, JsonSerializerOptions.Web)!
            : await experiment.EvaluateAsync(unitOfWork, cancellationToken);
        return new ExperimentResponse(
            id, experiment.Salt, experiment.Metric, experiment.Alpha, experiment.TestPercent, campaign.LaunchedAt?.AddMinutes(experiment.HorizonMinutes),
            experiment.HorizonMinutes, experiment.MinimumSample, experiment.DefaultVariant,
            [.. variants.Select(variant => new VariantResponse(variant.Name, variant.Weight, variant.TemplateId, variant.SubjectsByLanguage))],
            experiment.Outcome, experiment.Chosen, experiment.DecidedAt, experiment.DecidedAt is null, result);
    }
}
