namespace Crm.Analytics.Models;

/// <summary>What a customer left after costs, in one currency and window.</summary>
/// <param name="NetRevenue">Price less discounts, tax and returns.</param>
/// <param name="CostedRevenue">Part of it whose cost of goods is known.</param>
/// <param name="CostOfGoods">Of that part.</param>
/// <param name="OrderCosts">Payment, freight, picking, returns handling, rewards redeemed, commission.</param>
/// <param name="ServiceCosts">Service contacts and targeted marketing.</param>
public readonly record struct CustomerMargin(decimal NetRevenue, decimal CostedRevenue, decimal CostOfGoods, decimal OrderCosts, decimal ServiceCosts)
{
    /// <summary>Why a margin is missing or partial; null where all costs of goods are known.</summary>
    public string? Reason => CostedRevenue == NetRevenue ? null : CostedRevenue == 0 ? "cost_of_goods_missing" : "cost_of_goods_partly_missing";

    /// <summary>CM1: costed revenue less cost of goods. Null where no cost is known but something was sold.</summary>
    public decimal? Cm1 => NetRevenue != 0 && CostedRevenue == 0 ? null : CostedRevenue - CostOfGoods;

    public decimal? Cm2 => Cm1 - OrderCosts;

    public decimal? Cm3 => Cm2 - ServiceCosts;

    /// <summary>CM2 over the revenue that it comes from; null without any.</summary>
    public double? Rate => CostedRevenue > 0 ? (double)((CostedRevenue - CostOfGoods - OrderCosts) / CostedRevenue) : null;
}

/// <summary>One accepted referral, as the referral value counts it (Kumar, Petersen and Leone 2007; Kumar et al. 2010).</summary>
/// <param name="Years">From the start of the window to the acceptance: what it is discounted by.</param>
/// <param name="WouldHaveBought">Type 2 where true, type 1 where false, unknown where null.</param>
public readonly record struct ReferralFact(double Years, bool? WouldHaveBought, double RefereeClv, double SavedAcquisition, double MarketingCost, double Reward);

/// <summary>Referral value of depth one.</summary>
public static class ReferralValue
{
    /// <summary>u: posterior mean share of type 1 among a programme's answers under a Beta(1, 1) prior.</summary>
    public static double ShareOfTypeOne(long typeOne, long answered) => (1.0 + typeOne) / (2.0 + answered);

    /// <summary>(u · (CLV + ACQ1 - M) + (1-u) · ACQ2 - reward) / (1+d)^t; u is 1 for type 1 and 0 for type 2.</summary>
    public static double Of(in ReferralFact referral, double shareOfTypeOne, double annualDiscountRate)
    {
        var u = referral.WouldHaveBought switch { true => 0, false => 1, null => shareOfTypeOne };
        var gain = (u * (referral.RefereeClv + referral.SavedAcquisition - referral.MarketingCost)) + ((1 - u) * referral.SavedAcquisition);
        return (gain - referral.Reward) / Math.Pow(1 + annualDiscountRate, referral.Years);
    }

    /// <summary>ρ: posterior mean number of referrals of a customer over the horizon, rate gamma(shape, exposure) across customers.</summary>
    public static double ExpectedReferrals(long own, double exposure, double shape, double rate, double horizon) => (shape + own) / (rate + exposure) * horizon;
}

/// <summary>Feedback value: a topic's booked benefit shared among those who reported it before it was accepted.</summary>
public static class FeedbackValue
{
    /// <summary>a = quality · 0.5^((rank - 1) / 5), rank 1 being the first report of the topic.</summary>
    public static double Weight(double quality, int rank) => quality * Math.Pow(0.5, (rank - 1) / 5.0);

    /// <summary>B · a_i / Σ a_j; 0 where nobody reported in time.</summary>
    public static double Share(double benefit, double own, double all) => all > 0 ? benefit * own / all : 0;
}

/// <summary>How steady a customer is: 1 - min(1, sd / mean) of quarterly margin. Null below two quarters or without a positive mean.</summary>
public static class LoyaltyValue
{
    public static double? Stability(IReadOnlyList<double> quarterlyMargins)
    {
        if (quarterlyMargins.Count < 2) return null;
        var mean = quarterlyMargins.Average();
        if (!(mean > 0)) return null;
        var variance = quarterlyMargins.Sum(margin => (margin - mean) * (margin - mean)) / (quarterlyMargins.Count - 1);
        return 1 - Math.Min(1, Math.Sqrt(variance) / mean);
    }

    /// <summary>Causal: (mean margin of treated - of held-out members) - programme cost per treated member, with Welch's interval.</summary>
    public static Lift? OfProgramme(EffectArm treated, EffectArm holdout, double costPerMember, double confidence = 0.95) =>
        CampaignEffect.Revenue(treated, holdout, confidence) is { } lift
            ? lift with { Difference = lift.Difference - costPerMember, Low = lift.Low - costPerMember, High = lift.High - costPerMember }
            : null;
}
