using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Experiments;
using Crm.Campaign.Experiments;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Dispatching;

/// <summary>Into which group of a campaign a recipient falls: kept back from everything, kept back from this, or treated, with which variant.</summary>
internal sealed class CampaignGroups(Guid campaignId, string name, decimal holdoutPercent, GlobalHoldout? global, VariantAssignment? experiment, string? chosen)
{
    public const string Holdout = "holdout";
    public const string GlobalHoldout = "global_holdout";

    public string CampaignName => name;

    /// <summary>Whether there is anything to compare, so that the assignment is told to Analytics.</summary>
    public bool AreMeasured => holdoutPercent > 0 || global is not null || experiment is not null;

    public static async Task<CampaignGroups> LoadAsync(RunningCampaign campaign, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var row = (await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT c.name, e.chosen, g.salt, g.percent FROM campaigns c
            LEFT JOIN campaign_experiments e ON e.campaign_id = c.id
            LEFT JOIN global_holdouts g ON g.starts_at <= @now AND g.ends_at > @now
            WHERE c.id = @Id
            """,
            new { campaign.Id, now },
            cancellationToken))!;
        return new CampaignGroups(
            campaign.Id, row.Name, campaign.HoldoutPercent, row.Salt is null ? null : new GlobalHoldout(row.Salt, row.Percent!.Value),
            await Experiment.AssignmentAsync(campaign.Id, unitOfWork, cancellationToken), row.Chosen);
    }

    /// <summary>The reason why somebody is kept back, or null.</summary>
    public string? KeptBack(Guid customerId) =>
        global?.Contains(customerId) == true ? GlobalHoldout : Domain.Holdout.Contains(campaignId, customerId, holdoutPercent) ? Holdout : null;

    /// <summary>The variant; whether the recipient waits for the outcome of the test phase.</summary>
    public (string? Variant, bool Waits) Assign(Guid customerId)
    {
        if (experiment is null) return (null, false);
        var variant = experiment.Of(customerId) ?? chosen;
        return (variant, variant is null);
    }

    /// <summary>Null for who is not in any group: somebody who would not have been written to anyway.</summary>
    public static AssignedGroup? GroupOf(string? reason) => reason switch
    {
        null => AssignedGroup.Treated,
        Holdout => AssignedGroup.Holdout,
        GlobalHoldout => AssignedGroup.GlobalHoldout,
        _ => null,
    };

    private sealed record Row(string Name, string? Chosen, string? Salt, decimal? Percent);
}
