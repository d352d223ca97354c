namespace Crm.Customer.Domain;

/// <summary>From when on a customer counts as what.</summary>
/// <param name="LoyalPurchases">So many purchases, over so many days at least, make a loyal customer.</param>
/// <param name="AtRiskDays">Without a purchase for so long (or for twice the customer's own rhythm, if that is longer), the customer is at risk.</param>
/// <param name="LapsedDays">The same for lapsed, with four times the rhythm.</param>
internal sealed record LifecycleRules(int LoyalPurchases, int LoyalDays, int AtRiskDays, int LapsedDays);

/// <summary>What the rules look at.</summary>
internal sealed record BuyingHistory(int Purchases, DateTimeOffset FirstPurchasedAt, DateTimeOffset LastPurchasedAt)
{
    /// <summary>Mean time between purchases; zero where there was only one.</summary>
    public TimeSpan Rhythm => Purchases < 2 ? TimeSpan.Zero : (LastPurchasedAt - FirstPurchasedAt) / (Purchases - 1);
}

/// <summary>Where a customer stands with the enterprise. Moved by rules over events and time, never by hand.</summary>
internal static class Lifecycle
{
    public const string Prospect = "Prospect";
    public const string New = "New";
    public const string Active = "Active";
    public const string Loyal = "Loyal";
    public const string AtRisk = "AtRisk";
    public const string Lapsed = "Lapsed";
    public const string WonBack = "WonBack";
    public static readonly IReadOnlyList<string> Stages = [Prospect, New, Active, Loyal, AtRisk, Lapsed, WonBack];

    /// <summary>The stages that silence can end.</summary>
    public static readonly IReadOnlyList<string> Buying = [New, Active, Loyal, WonBack, AtRisk];

    /// <summary>
    /// Buying once makes a prospect a new customer, buying again an active one, often and long enough a loyal one. Buying brings back who was
    /// at risk or lapsed, if it is recent: a purchase of long ago that is only told now says nothing about today.
    /// </summary>
    public static (string Stage, string Reason) AfterPurchase(string stage, BuyingHistory history, LifecycleRules rules, DateTimeOffset now)
    {
        var isRecent = now - history.LastPurchasedAt < Silence(history, rules.AtRiskDays, 2);
        var isLoyal = history.Purchases >= rules.LoyalPurchases && (history.LastPurchasedAt - history.FirstPurchasedAt).TotalDays >= rules.LoyalDays;
        return (stage, history.Purchases) switch
        {
            (Lapsed, _) when isRecent => (WonBack, "bought_after_lapse"),
            (AtRisk, _) when isRecent => isLoyal ? (Loyal, "bought_again") : (Active, "bought_again"),
            (Prospect or New or Active or WonBack, _) when isLoyal && isRecent => (Loyal, "purchases"),
            (Prospect or New or WonBack, >= 2) when stage != WonBack || isRecent => (Active, "purchases"),
            (Prospect, 1) => (New, "purchases"),
            _ => (stage, ""),
        };
    }

    /// <summary>What silence makes of a customer.</summary>
    public static (string Stage, string Reason) AfterSilence(string stage, BuyingHistory history, LifecycleRules rules, DateTimeOffset now)
    {
        if (!Buying.Contains(stage)) return (stage, "");
        var silent = now - history.LastPurchasedAt;
        if (silent >= Silence(history, rules.LapsedDays, 4)) return (Lapsed, "no_purchase");
        return stage != AtRisk && silent >= Silence(history, rules.AtRiskDays, 2) ? (AtRisk, "no_purchase") : (stage, "");
    }

    private static TimeSpan Silence(BuyingHistory history, int days, int rhythms)
    {
        var (fixedTime, own) = (TimeSpan.FromDays(days), history.Rhythm * rhythms);
        return fixedTime > own ? fixedTime : own;
    }
}
