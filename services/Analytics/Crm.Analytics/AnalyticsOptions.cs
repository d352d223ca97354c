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

    /// <summary>An association rule rests on at least so many baskets with all of its items.</summary>
    [Range(2, 1_000_000)]
    public int OfferLeastBaskets { get; init; } = 10;

    /// <summary>Confidence below which a rule is not worth an offer.</summary>
    [Range(0, 1)]
    public double OfferLeastConfidence { get; init; } = 0.05;

    /// <summary>Share of revenue that stands in for a margin where no cost is known.</summary>
    [Range(0, 1)]
    public double AssumedMarginRate { get; init; } = 0.3;

    /// <summary>Cost of making an offer, in units of the currency.</summary>
    public decimal OfferContactCost { get; init; }

    /// <summary>A customer who got so many messages in so many days is not approached.</summary>
    [Range(1, 1000)]
    public int OfferFrequencyCap { get; init; } = 3;

    [Range(1, 365)]
    public int OfferFrequencyDays { get; init; } = 7;

    /// <summary>A product that was offered and not taken is not offered again for so many days.</summary>
    [Range(0, 3650)]
    public int OfferRepeatDays { get; init; } = 30;

    /// <summary>Expected value from which on an offer is worth an alert, in units of the currency.</summary>
    public decimal AlertLeastOfferValue { get; init; } = 10_000;

    /// <summary>Customers per step of a scan for alerts.</summary>
    [Range(1, 50_000)]
    public int AlertBatch { get; init; } = 500;

    /// <summary>Whether this replica works on jobs and rescoring; one that only serves leaves them to the others.</summary>
    public bool RunJobs { get; init; } = true;

    /// <summary>A worker that has not been heard of for so long has lost its job.</summary>
    public TimeSpan JobLease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Customers per transaction of a scoring run.</summary>
    [Range(1, 50_000)]
    public int ScoringBatch { get; init; } = 5000;

    /// <summary>How often customers with new purchases are rescored.</summary>
    public TimeSpan RescoreInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the schedules of reports are looked at.</summary>
    public TimeSpan ReportPoll { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Tables of reports that were made longer ago are deleted at night, but for the newest of each report.</summary>
    public TimeSpan ReportRetention { get; init; } = TimeSpan.FromDays(400);

    /// <summary>When the models are refitted and everybody is rescored, in the business zone; null for never.</summary>
    public TimeOnly? NightlyAt { get; init; } = new(2, 0);
}
