using Crm.Analytics.Domain.Offers;
using Crm.Analytics.Models.Inference;

namespace Crm.Analytics.Domain.Alerts;

/// <summary>A customer's scores as drift and alignment look at them.</summary>
internal sealed record DriftFacts(
    Guid CustomerId, decimal Clv, double ClvPercentile, double Overdue, int DaysSinceLast, int Frequency, double AgeWeeks, double WeeklyRate,
    int[] WeeklyPurchases, double[] RecentMix, double[] EarlierMix, int RecentLines, int EarlierLines);

/// <param name="Revenue">Net, of the month or quarter; oldest first.</param>
internal sealed record TrendFacts(Guid CustomerId, double[] Revenue);

/// <param name="Margins">By quarter, oldest first, the last one just ended; net revenue and net less cost of goods.</param>
internal sealed record MarginFacts(Guid CustomerId, (decimal Net, decimal Margin)[] Quarters, double RevenuePercentile);

internal sealed record AlignmentFacts(Guid CustomerId, decimal Clv, double ClvPercentile, int? ServiceTier, double[] Mix, double[] EarlierMix);

/// <param name="Days">Net revenue of each day of the period up to yesterday.</param>
internal sealed record PaceFacts(string Unit, decimal Target, int PeriodDays, decimal[] Days);

/// <summary>
/// The rules of the alerts that are about facts and not about offers. Each returns null where there is nothing to say, also where the facts
/// do not suffice. Pure: time is in the facts.
/// </summary>
internal static class AlertRules
{
    public const string FormulaVersion = "alerts/1";
    public const double OverdueBelow = 0.05;
    public const double DriftClvPercentile = 0.5;
    public const double MixDivergence = 0.15;
    public const int MixLines = 10;
    public const double ValueDriftLimit = 4;
    public const double ValueDriftLeastRate = 0.5;
    public const double MarginRateFloorDrop = 0.05;
    public const double ValuablePercentile = 0.8;
    public const double AlignmentBelow = 0.5;
    public const double AlignmentFall = 0.1;

    /// <summary>
    /// Overdue by the customer's own rhythm with a CLV in the top half; or buying at half the rate or less (CUSUM of weekly purchases against
    /// λ, C = max(0, C + n ln ½ + λ/2) ≥ 4, for λ of at least ½ a week); or buying other things than before (Jensen-Shannon ≥ 0.15).
    /// </summary>
    public static AlertDraft? Drift(DriftFacts facts)
    {
        var valueDrift = 0.0;
        if (facts.WeeklyRate >= ValueDriftLeastRate)
        {
            foreach (var purchases in facts.WeeklyPurchases) valueDrift = Math.Max(0, valueDrift + (purchases * Math.Log(0.5)) + (facts.WeeklyRate / 2));
        }

        var divergence = facts.RecentLines >= MixLines && facts.EarlierLines >= MixLines ? Divergence.JensenShannon(facts.RecentMix, facts.EarlierMix) : null;
        // Without a repeat purchase there is no rhythm to be behind of.
        var overdue = facts.Frequency > 0 && facts.Overdue < OverdueBelow && facts.ClvPercentile >= DriftClvPercentile;
        var (code, reason) = overdue
            ? ("overdue", new Bilingual(
                $"Sudah {facts.DaysSinceLast} hari tidak membeli; jeda sepanjang ini hanya {Percent(facts.Overdue)} kemungkinannya bagi pelanggan ini.",
                $"No purchase for {facts.DaysSinceLast} days; a gap this long is only {Percent(facts.Overdue)} likely for this customer."))
            : valueDrift >= ValueDriftLimit
                ? ("buying_less", new Bilingual("Frekuensi pembelian turun ke separuh kebiasaannya atau kurang.", "Buys at half of the usual rate or less."))
                : divergence >= MixDivergence
                    ? ("mix_changed", new Bilingual("Jenis barang yang dibeli 90 hari terakhir jauh berbeda dari sebelumnya.", "What was bought in the last 90 days differs much from before."))
                    : ("", new Bilingual("", ""));
        if (code.Length == 0) return null;
        return Customer(AlertKind.CustomerDrift, facts.CustomerId, facts.Clv, code, reason,
        [
            new("days_since_last", Text(facts.DaysSinceLast)), new("overdue_score", Text(facts.Overdue)), new("clv_percentile", Text(facts.ClvPercentile)),
            new("value_drift", Text(valueDrift)), new("mix_divergence", divergence is { } bits ? Text(bits) : "n<10"),
        ]);
    }

    /// <summary>
    /// Twelve months that rise or fall (Mann-Kendall). <paramref name="acceptedP"/> is the cut of the false discovery rate over all customers
    /// of the scan: at 5 % each, a thousand quiet customers would ring fifty times.
    /// </summary>
    public static AlertDraft? Trend(TrendFacts facts, double acceptedP)
    {
        if (Models.Inference.Trend.Of(facts.Revenue) is not { } trend || trend.Direction == TrendDirection.Flat || trend.P > acceptedP) return null;
        var falling = trend.Direction == TrendDirection.Falling;
        var yearly = decimal.Round((decimal)Math.Abs(trend.Slope) * 12, 2);
        return Customer(AlertKind.CustomerTrend, facts.CustomerId, yearly, falling ? "revenue_falling" : "revenue_rising",
            falling
                ? new Bilingual("Belanja bulanan turun terus selama 12 bulan.", "Monthly spend has been falling for 12 months.")
                : new Bilingual("Belanja bulanan naik terus selama 12 bulan.", "Monthly spend has been rising for 12 months."),
            [new("slope_per_month", Text(trend.Slope)), new("mann_kendall_p", Text(trend.P)), new("relative_slope", trend.RelativeSlope is { } rate ? Text(rate) : "median is 0")]);
    }

    /// <summary>
    /// A loss over the last four quarters with revenue in the top quartile; or the margin rate of the last quarter more than two robust σ, and
    /// at least five points, below the customer's own quarters before (six of them at least).
    /// </summary>
    public static AlertDraft? Margin(MarginFacts facts)
    {
        var year = facts.Quarters.TakeLast(4).ToArray();
        var (net, margin) = (year.Sum(quarter => quarter.Net), year.Sum(quarter => quarter.Margin));
        if (net > 0 && margin < 0 && facts.RevenuePercentile >= 0.75)
        {
            return Customer(AlertKind.CustomerMargin, facts.CustomerId, -margin, "loss",
                new Bilingual("Pelanggan dengan omzet tinggi ini merugi dalam 12 bulan terakhir.", "This customer of high revenue made a loss over the last 12 months."),
                [new("net_revenue_12m", Text(net)), new("margin_12m", Text(margin)), new("revenue_percentile", Text(facts.RevenuePercentile))]);
        }

        var rates = facts.Quarters.SkipLast(1).Where(quarter => quarter.Net > 0).Select(quarter => (double)(quarter.Margin / quarter.Net)).ToArray();
        if (rates.Length < 6 || facts.Quarters[^1] is not { Net: > 0 } last) return null;
        var (usual, sigma, now) = (Robust.Median(rates), Robust.Sigma(rates), (double)(last.Margin / last.Net));
        if (usual - now <= Math.Max(2 * sigma, MarginRateFloorDrop)) return null;
        return Customer(AlertKind.CustomerMargin, facts.CustomerId, decimal.Round((decimal)(usual - now) * last.Net * 4, 2), "margin_rate_down",
            new Bilingual($"Margin turun dari {Percent(usual)} ke {Percent(now)} pada triwulan terakhir.", $"The margin rate fell from {Percent(usual)} to {Percent(now)} in the last quarter."),
            [new("rate_now", Text(now)), new("rate_usual", Text(usual)), new("robust_sigma", Text(sigma)), new("quarters", Text(rates.Length))]);
    }

    /// <summary>1 - |value decile - service tier on the same scale| / 9; null where no tier is known.</summary>
    public static double? Coverage(double clvPercentile, int? tier) =>
        tier is { } known ? 1 - (Math.Abs(Math.Clamp(Math.Ceiling(clvPercentile * 10), 1, 10) - (1 + ((known - 1) * 9 / 4.0))) / 9) : null;

    /// <summary>1 - Jensen-Shannon divergence between the customer's mix and the company's, each category's count raised by 1/(2K).</summary>
    public static double? ProductAlignment(double[] mix, double[] target)
    {
        var k = mix.Length;
        return k == 0 || mix.Sum() <= 0 ? null : 1 - Divergence.JensenShannon([.. mix.Select(count => count + (1 / (2.0 * k)))], target);
    }

    /// <summary>Valuable but under-served; or a fit to the company's mix that fell by 0.1 in a quarter.</summary>
    /// <param name="target">The mix that the company wants for the segment; its own where it has set none.</param>
    public static AlertDraft? Alignment(AlignmentFacts facts, double[] target)
    {
        var coverage = Coverage(facts.ClvPercentile, facts.ServiceTier);
        var (now, before) = (ProductAlignment(facts.Mix, target), ProductAlignment(facts.EarlierMix, target));
        var underServed = facts.ClvPercentile >= ValuablePercentile && coverage < AlignmentBelow;
        var drifting = before - now >= AlignmentFall && facts.Mix.Sum() >= MixLines && facts.EarlierMix.Sum() >= MixLines;
        if (!underServed && !drifting) return null;
        return Customer(AlertKind.CustomerAlignment, facts.CustomerId, facts.Clv, underServed ? "under_served" : "drifting_from_mix",
            underServed
                ? new Bilingual("Pelanggan bernilai tinggi, tetapi dilayani pada tingkat rendah.", "A customer of high value who is served at a low tier.")
                : new Bilingual("Pembelian menjauh dari bauran produk yang diinginkan perusahaan.", "Purchases move away from the company's intended mix."),
            [
                new("clv_percentile", Text(facts.ClvPercentile)), new("service_tier", facts.ServiceTier is { } tier ? Text(tier) : "unknown"),
                new("coverage_alignment", coverage is { } c ? Text(c) : "unknown"), new("product_alignment", now is { } p ? Text(p) : "no purchases"),
            ]);
    }

    /// <summary>
    /// A unit behind its pace: at least a quarter of the period is over, less than 80 % of the pro-rata target is booked, and the gap is more
    /// than the days' own spread explains (z below -2).
    /// </summary>
    public static AlertDraft? Pace(PaceFacts facts)
    {
        var days = facts.Days.Length;
        if (facts.Target <= 0 || facts.PeriodDays <= 0 || days < 7 || 4 * days < facts.PeriodDays) return null;
        var (booked, due) = (facts.Days.Sum(), facts.Target * days / facts.PeriodDays);
        var mean = (double)booked / days;
        var spread = Math.Sqrt(facts.Days.Sum(day => Math.Pow((double)day - mean, 2)) / (days - 1));
        var z = spread > 0 ? (double)(booked - due) / (spread * Math.Sqrt(days)) : booked < due ? double.NegativeInfinity : 0;
        if (booked >= 0.8m * due || z > -2) return null;
        var share = (double)(booked / due);
        return new AlertDraft(AlertKind.SalesPerformance, "unit", facts.Unit, "", decimal.Round(due - booked, 2), "behind_pace",
            new Bilingual($"Unit {facts.Unit} baru mencapai {Percent(share)} dari target berjalan.", $"Unit {facts.Unit} has booked {Percent(share)} of its target to date."),
            [new("booked", Text(booked)), new("due_to_date", Text(due)), new("days", Text(days)), new("z", double.IsFinite(z) ? Text(z) : "no spread")]);
    }

    /// <summary>An offer whose expected value is worth a call.</summary>
    public static AlertDraft Offer(Guid customer, Offer offer) => new(
        offer.Kind, "customer", customer.ToString(), offer.Product.Sku, offer.ExpectedValue, "offer", OfferTexts.ReasonOf(offer),
        [
            new("sku", offer.Product.Sku), new("because", string.Join(", ", offer.Because.Select(product => product.Sku))), new("probability", Text(offer.Acceptance)),
            new("margin", Text(offer.Margin)), new("margin_basis", offer.MarginBasis), new("lift", offer.Rule is { } rule ? Text(rule.Lift) : "by substitution"),
        ]);

    private static AlertDraft Customer(string kind, Guid customer, decimal money, string code, Bilingual reason, IReadOnlyList<Evidence> evidence) =>
        new(kind, "customer", customer.ToString(), "", money, code, reason, evidence);

    private static string Percent(double share) => Math.Round(100 * share).ToString(System.Globalization.CultureInfo.InvariantCulture) + " %";

    private static string Text(IFormattable value) => value.ToString(value is double ? "G6" : null, System.Globalization.CultureInfo.InvariantCulture);
}
