using System.ComponentModel.DataAnnotations;

namespace Crm.Analytics;

/// <summary>The date that current scores refer to.</summary>
public enum AsOfDate
{
    /// <summary>Today in the business zone.</summary>
    Now,

    /// <summary>The day after the last purchase: for historical data, whose customers would all be lost today.</summary>
    LastPurchase,
}

/// <summary>Whose P(alive) is shown. BG/NBD holds every customer without a repeat purchase for alive; MBG/NBD does not.</summary>
public enum AliveModel
{
    BgNbd,
    MbgNbd,
}

/// <summary>Section <c>Analytics</c> of the configuration.</summary>
public sealed class AnalyticsOptions
{
    /// <summary>IANA zone of the business day.</summary>
    [Required]
    public string TimeZone { get; init; } = "Asia/Jakarta";

    public AsOfDate AsOf { get; init; } = AsOfDate.Now;

    public AliveModel AliveModel { get; init; } = AliveModel.BgNbd;

    /// <summary>d of the customer lifetime value.</summary>
    [Range(0, 1)]
    public double AnnualDiscountRate { get; init; } = 0.10;

    /// <summary>RFM looks back so far.</summary>
    [Range(1, 120)]
    public int RfmWindowMonths { get; init; } = 24;

    /// <summary>Below this many customers a fit is refused: parameters would say nothing.</summary>
    [Range(2, 1_000_000)]
    public int MinCustomers { get; init; } = 20;

    /// <summary>Whether this replica works on jobs and rescoring; one that only serves leaves them to the others.</summary>
    public bool RunJobs { get; init; } = true;

    /// <summary>A worker that has not been heard of for so long has lost its job.</summary>
    public TimeSpan JobLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Customers per transaction of a scoring run.</summary>
    [Range(1, 50_000)]
    public int ScoringBatch { get; init; } = 5000;

    /// <summary>How often customers with new purchases are rescored.</summary>
    public TimeSpan RescoreInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>When the models are refitted and everybody is rescored, in the business zone; null for never.</summary>
    public TimeOnly? NightlyAt { get; init; } = new(2, 0);
}
