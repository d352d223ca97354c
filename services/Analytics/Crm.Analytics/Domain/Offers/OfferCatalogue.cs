using Crm.Analytics.Models.Baskets;

namespace Crm.Analytics.Domain.Offers;

internal static class OfferKind
{
    public const string CrossSell = "cross-sell";
    public const string UpSell = "up-sell";
    public const string SwitchSell = "switch-sell";
    public static readonly string[] All = [CrossSell, UpSell, SwitchSell];
}

internal sealed record OfferRule(
    string[] Antecedent, string Consequent, int Baskets, int AntecedentCount, int ConsequentCount, int BothCount, double Confidence, double Lift, double P);

/// <param name="Margin">Mean margin of a basket's lines of it; null where no cost is known.</param>
/// <param name="Revenue">Mean net of a basket's lines of it.</param>
/// <param name="Offered">Past offers with an outcome, and how many of them were accepted.</param>
internal sealed record OfferProduct(
    string Sku, string Name, string Category, int Buyers, int Baskets, decimal Price, decimal? Margin, decimal Revenue, long Offered, long Accepted);

internal sealed record Substitution(string FromSku, string ToSku, int Switchers);

/// <summary>A product that the customer has bought.</summary>
internal sealed record OwnedProduct(string Sku, string Category, decimal Price, int Baskets);

/// <param name="Because">Products of the customer that it rests on; for up- and switch-sell the one that it replaces.</param>
/// <param name="MarginBasis"><c>cost</c> where costs are known, <c>assumed_rate</c> where a share of revenue stands in.</param>
internal sealed record Offer(
    string Kind, OfferProduct Product, IReadOnlyList<OfferProduct> Because, OfferRule? Rule, double Acceptance, decimal Margin, string MarginBasis, decimal ExpectedValue);

/// <summary>
/// All that offers in a currency rest on, and the choice among them. Pure: the same customer gets the same offers in the same order.
/// </summary>
internal sealed class OfferCatalogue
{
    /// <summary>From this percentile of prices within a category on a customer is one for a higher tier.</summary>
    public const double UpSellPercentile = 60;

    private readonly Dictionary<string, OfferProduct> _products;
    private readonly Dictionary<string, List<OfferRule>> _rulesByFirst;
    private readonly ILookup<string, Substitution> _substitutions;
    private readonly Dictionary<string, decimal[]> _prices;
    private readonly Dictionary<string, int> _tiers;
    private readonly double _assumedMarginRate;
    private readonly decimal _contactCost;

    public OfferCatalogue(
        Guid runId, IEnumerable<OfferRule> rules, IEnumerable<OfferProduct> products, IEnumerable<Substitution> substitutions, double assumedMarginRate, decimal contactCost)
    {
        RunId = runId;
        (_assumedMarginRate, _contactCost) = (assumedMarginRate, contactCost);
        _products = products.ToDictionary(product => product.Sku, StringComparer.Ordinal);
        _rulesByFirst = rules.GroupBy(rule => rule.Antecedent[0], StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        _substitutions = substitutions.ToLookup(substitution => substitution.FromSku, StringComparer.Ordinal);
        _prices = _products.Values.GroupBy(product => product.Category, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Select(product => product.Price).ToArray(), StringComparer.Ordinal);
        _tiers = _products.Values.ToDictionary(product => product.Sku, product => OfferValue.Tier(product.Price, _prices[product.Category]), StringComparer.Ordinal);
    }

    public Guid RunId { get; }

    /// <summary>The offers with a positive expected value, best first, each product once.</summary>
    /// <param name="excluded">Products that must not be offered now: under a product issue, or declined lately.</param>
    public IReadOnlyList<Offer> For(IReadOnlyList<OwnedProduct> owned, IReadOnlySet<string> excluded)
    {
        var skus = owned.Select(product => product.Sku).ToHashSet(StringComparer.Ordinal);
        var categories = owned.Select(product => product.Category).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. CrossSells(skus, categories).Concat(owned.SelectMany(Replacements))
                .Where(offer => offer.ExpectedValue > 0 && !skus.Contains(offer.Product.Sku) && !excluded.Contains(offer.Product.Sku))
                .GroupBy(offer => offer.Product.Sku, StringComparer.Ordinal)
                .Select(group => group.OrderByDescending(offer => offer.ExpectedValue).ThenBy(offer => offer.Kind, StringComparer.Ordinal).First())
                .OrderByDescending(offer => offer.ExpectedValue).ThenBy(offer => offer.Product.Sku, StringComparer.Ordinal),
        ];
    }

    private IEnumerable<Offer> CrossSells(HashSet<string> skus, HashSet<string> categories)
    {
        foreach (var first in skus)
        {
            foreach (var rule in _rulesByFirst.GetValueOrDefault(first) ?? [])
            {
                if (!rule.Antecedent.All(skus.Contains) || !_products.TryGetValue(rule.Consequent, out var product) || categories.Contains(product.Category)) continue;
                var acceptance = OfferValue.Acceptance(rule.Confidence, product.Offered, product.Accepted);
                yield return Make(OfferKind.CrossSell, product, [.. rule.Antecedent.Select(sku => _products.GetValueOrDefault(sku)).OfType<OfferProduct>()], rule, acceptance, replaced: null);
            }
        }
    }

    /// <summary>B in the place of A: what share of A's buyers went over to B is how likely this one is to.</summary>
    private IEnumerable<Offer> Replacements(OwnedProduct bought)
    {
        if (!_products.TryGetValue(bought.Sku, out var from)) yield break;
        var percentile = OfferValue.Percentile(bought.Price, _prices[from.Category]);
        foreach (var substitution in _substitutions[bought.Sku])
        {
            if (!_products.TryGetValue(substitution.ToSku, out var to) || to.Category != from.Category || MarginOf(to).Margin <= MarginOf(from).Margin) continue;
            var up = _tiers[to.Sku] == _tiers[from.Sku] + 1;
            if (up && percentile < UpSellPercentile) continue;
            if (!up && _tiers[to.Sku] > _tiers[from.Sku]) continue;
            var acceptance = OfferValue.Acceptance((double)substitution.Switchers / Math.Max(1, from.Buyers), to.Offered, to.Accepted);
            yield return Make(up ? OfferKind.UpSell : OfferKind.SwitchSell, to, [from], null, acceptance, replaced: from);
        }
    }

    private Offer Make(string kind, OfferProduct product, IReadOnlyList<OfferProduct> because, OfferRule? rule, double acceptance, OfferProduct? replaced)
    {
        var (margin, basis) = MarginOf(product);
        var value = OfferValue.Expected(acceptance, margin, replaced is null ? 0 : 1, replaced is null ? 0 : MarginOf(replaced).Margin, _contactCost);
        return new Offer(kind, product, because, rule, acceptance, margin, basis, value);
    }

    private (decimal Margin, string Basis) MarginOf(OfferProduct product) => product.Margin is { } known
        ? (known, "cost")
        : (decimal.Round(product.Revenue * (decimal)_assumedMarginRate, 4), "assumed_rate");
}
