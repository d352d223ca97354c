namespace Crm.Analytics.Models.Baskets;

/// <summary>What making an offer is worth.</summary>
public static class OfferValue
{
    public const string FormulaVersion = "offer-value/1";

    /// <summary>Past offers of a product weigh against its rule's confidence as if that rested on so many offers.</summary>
    public const double PriorOffers = 20;

    /// <summary>
    /// P(accept): the rule's confidence, shrunk towards what past offers of the product showed (Beta-Binomial mean with
    /// <see cref="PriorOffers"/> pseudo-offers).
    /// </summary>
    public static double Acceptance(double confidence, long offered, long accepted) =>
        Math.Clamp(((PriorOffers * confidence) + accepted) / (PriorOffers + Math.Max(offered, 0)), 0, 1);

    /// <summary>EV = P(accept) · margin(B) - P(accept) · P(cannibalise) · margin(A) - contact cost.</summary>
    public static decimal Expected(double acceptance, decimal margin, double cannibalisation, decimal replacedMargin, decimal contactCost) =>
        decimal.Round(((decimal)acceptance * margin) - ((decimal)(acceptance * cannibalisation) * replacedMargin) - contactCost, 4);

    /// <summary>
    /// Price tier of a product within its category: 1 + ⌊3 · share of products that are strictly cheaper⌋, so 1 to 3; ties share a tier.
    /// </summary>
    public static int Tier(decimal price, IReadOnlyCollection<decimal> categoryPrices) =>
        categoryPrices.Count == 0 ? 1 : Math.Min(3, 1 + (int)(3.0 * categoryPrices.Count(other => other < price) / categoryPrices.Count));

    /// <summary>Percentile from 0 to 100 of what a customer pays within a category: the share of all its lines that were cheaper, ties half.</summary>
    public static double Percentile(decimal price, IReadOnlyCollection<decimal> prices) => prices.Count == 0
        ? 0
        : 100.0 * (prices.Count(other => other < price) + (prices.Count(other => other == price) / 2.0)) / prices.Count;
}
