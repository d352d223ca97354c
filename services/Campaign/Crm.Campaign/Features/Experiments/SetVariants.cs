using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Experiments;
using Crm.Campaign.Features.Campaigns;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Experiments;

/// <param name="Weight">Its share is its weight of the sum of all.</param>
/// <param name="Subjects">By language, in the place of the template's.</param>
public sealed record VariantRequest(
    [property: Required, StringLength(40, MinimumLength = 1), RegularExpression("[A-Za-z0-9_-]+", ErrorMessage = "A variant's name is of letters, digits, _ and -.")] string Name,
    Guid TemplateId,
    [property: Range(1, 1_000)] int Weight = 1,
    Dictionary<string, string>? Subjects = null);

/// <param name="Variants">Two to ten; none ends the experiment.</param>
/// <param name="Metric">clicked (people's clicks, bots left out) or converted (customers who bought within the attribution window). Never openings.</param>
/// <param name="Alpha">Error that is accepted: how often a winner may be named where nothing differs.</param>
/// <param name="TestPercent">Share of the recipients who take part first; the others get the winner. Absent: everybody takes part.</param>
/// <param name="HorizonMinutes">After the launch; it is decided then, on whatever has happened by then.</param>
/// <param name="MinimumSample">Sent per variant; with fewer nothing is said.</param>
/// <param name="DefaultVariant">For those who wait, where the test is inconclusive; absent: the first.</param>
/// <param name="Salt">Decides with the customer who gets what; absent: a fresh one.</param>
public sealed record VariantsRequest(
    [property: Required] List<VariantRequest> Variants,
    [property: RegularExpression("clicked|converted", ErrorMessage = "The metric is clicked or converted.")] string Metric = "clicked",
    [property: Range(0.001, 0.2)] double Alpha = 0.05,
    [property: Range(1, 90)] decimal? TestPercent = null,
    [property: Range(1, 60 * 24 * 90)] int HorizonMinutes = 60 * 24,
    [property: Range(1, 1_000_000_000)] long MinimumSample = 100,
    [property: StringLength(40)] string? DefaultVariant = null,
    [property: StringLength(100, MinimumLength = 1)] string? Salt = null);

internal static class SetVariants
{
    private const int MaxVariants = 10;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/campaigns/{id:guid}/variants", async (
                Guid id, VariantsRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, Ids ids, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, ids, cancellationToken)).ToOk())
            .WithName("SetVariants").WithSummary("Texts to compare, the declared test, and what happens to the rest").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, VariantsRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, Ids ids, CancellationToken cancellationToken)
    {
        if (Check(request) is { } wrong) return wrong;
        if (!(await DraftSettings.ChangeAsync(id, ifMatch.Version, unitOfWork, cancellationToken)).TryGet(out var campaign, out var error)) return error;

        await unitOfWork.ExecuteAsync("DELETE FROM campaign_variants WHERE campaign_id = @id; DELETE FROM campaign_experiments WHERE campaign_id = @id", new { id }, cancellationToken);
        if (request.Variants.Count == 0) return campaign;
        foreach (var (variant, position) in request.Variants.Select((variant, position) => (variant, position)))
        {
            var row = new Variant(variant.Name, variant.Weight, variant.TemplateId, JsonSerializer.Serialize(variant.Subjects ?? [], JsonSerializerOptions.Web));
            if ((await row.PrepareAsync(campaign, $"variants[{position}]", unitOfWork, cancellationToken)).Error is { } invalid) return invalid;
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO campaign_variants (campaign_id, name, position, weight, template_id, subjects)
                VALUES (@id, @Name, @position, @Weight, @TemplateId, @Subjects::jsonb)
                """,
                new { id, row.Name, position, row.Weight, row.TemplateId, row.Subjects },
                cancellationToken);
        }

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_experiments (campaign_id, salt, metric, alpha, test_percent, horizon_minutes, minimum_sample, default_variant)
            VALUES (@id, @salt, @Metric, @Alpha, @testPercent, @HorizonMinutes, @MinimumSample, @defaultVariant)
            """,
            new
            {
                id, request.Metric, request.Alpha, request.HorizonMinutes, request.MinimumSample,
                salt = request.Salt ?? ids.Next().ToString("N"),
                testPercent = request.TestPercent is { } percent ? decimal.Round(percent, 2) : (decimal?)null,
                defaultVariant = request.DefaultVariant ?? request.Variants[0].Name,
            },
            cancellationToken);
        return campaign;
    }

    private static Error? Check(VariantsRequest request)
    {
        if (request.Variants.Count is 1 or > MaxVariants) return Error.Unprocessable("campaign.variants_count", $"An experiment has two to {MaxVariants} variants.", "variants");
        for (var position = 0; position < request.Variants.Count; position++)
        {
            var name = request.Variants[position].Name;
            if (request.Variants.FindIndex(variant => variant.Name == name) < position)
            {
                return Error.Unprocessable("campaign.variant_name_taken", "Two variants have the same name.", $"variants[{position}].name");
            }
        }

        return request.DefaultVariant is { } chosen && request.Variants.All(variant => variant.Name != chosen)
            ? Error.Unprocessable("campaign.unknown_variant", "The default is none of the variants.", "defaultVariant")
            : null;
    }
}
