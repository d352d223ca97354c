using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Features.Approvals;

/// <summary>Section <c>Approval</c>: which campaigns a second person has to look at.</summary>
public sealed class ApprovalOptions
{
    public const string Section = "Approval";

    /// <summary>A campaign that reaches more customers than this is launched only when approved.</summary>
    [Range(0, long.MaxValue)]
    public long AboveRecipients { get; init; } = 10_000;

    /// <summary>How many per cent more customers than at the request the segment may reach at the launch.</summary>
    [Range(0, 1_000)]
    public int GrowthPercent { get; init; } = 20;
}
