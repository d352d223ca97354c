using Crm.Analytics.Models.Baskets;
using Crm.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Analytics.Tests.Models;

/// <summary>Golden values of the standard example on the Groceries baskets (arules: support 0.001, confidence 0.8).</summary>
public sealed class AssociationRuleTests
{
    private static readonly (int[][] Baskets, string[] Items) Groceries = Read();

    [Fact]
    public void Groceries_gives_the_published_item_sets_and_rules()
    {
        var mined = AssociationRules.Mine(Groceries.Baskets, Groceries.Items.Length, leastCount: 10, maxSize: 10);
        Assert.Equal((9835, 169), (mined.Baskets, Groceries.Items.Length));
        Assert.Equal(13_492, mined.ItemSets.Count);
        Assert.Equal([157, 2981, 6831, 3137, 376, 10], mined.ItemSets.Keys.GroupBy(set => set.Length).OrderBy(group => group.Key).Select(group => group.Count()));

        var rules = mined.Rules(leastConfidence: 0.8);
        Assert.Equal(410, rules.Count);
        Assert.Equal(["liquor", "red/blush wine"], rules[0].Antecedent.Select(item => Groceries.Items[item]).Order());
        Assert.Equal("bottled beer", Groceries.Items[rules[0].Consequent]);
        Assert.Equal(19, rules[0].Both);
        Assert.Equal(0.001931876, rules[0].Support, 9);
        Assert.Equal(0.9047619, rules[0].Confidence, 7);
        Assert.Equal(11.235269, rules[0].Lift, 6);
    }

    [Fact]
    public void A_rule_of_two_items_has_the_published_statistics()
    {
        var (vegetables, milk) = (Array.IndexOf(Groceries.Items, "other vegetables"), Array.IndexOf(Groceries.Items, "whole milk"));
        var rule = AssociationRules.Mine(Groceries.Baskets, Groceries.Items.Length, 10, 2).Rules(0.1)
            .Single(rule => rule.Antecedent is [var only] && only == vegetables && rule.Consequent == milk);
        Assert.Equal(736, rule.Both);
        Assert.Equal(0.07483477, rule.Support, 8);
        Assert.Equal(0.38675775, rule.Confidence, 8);
        Assert.Equal(1.51363409, rule.Lift, 8);
        Assert.InRange(rule.P, 0, 1e-20);
    }

    [Fact]
    public void Item_sets_and_their_counts_are_those_that_counting_by_hand_gives() => Prop.ForAll(
        Gen.Choose(0, 6).ArrayOf().ListOf().Select(baskets => baskets.ToArray()).ToArbitrary(),
        baskets =>
        {
            var mined = AssociationRules.Mine(baskets, 7, leastCount: 2, maxSize: 4);
            var byHand = Enumerable.Range(1, 127)
                .Select(mask => Enumerable.Range(0, 7).Where(item => (mask >> item & 1) == 1).ToArray())
                .Where(set => set.Length <= 4)
                .Select(set => (Key: string.Join(',', set), Count: baskets.Count(basket => set.All(basket.Contains))))
                .Where(set => set.Count >= 2).OrderBy(set => set.Key, StringComparer.Ordinal).ToArray();
            var found = mined.ItemSets.Select(set => (Key: string.Join(',', set.Key), Count: set.Value)).OrderBy(set => set.Key, StringComparer.Ordinal).ToArray();
            Assert.Equal(byHand, found);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Independent_items_make_no_rule_and_a_planted_pair_does()
    {
        var random = new Random(20240614);
        int[][] Simulate(bool planted) => [.. Enumerable.Range(0, 4000).Select(_ =>
        {
            var basket = Enumerable.Range(0, 30).Where(_ => random.NextDouble() < 0.08).ToList();
            if (planted && basket.Contains(3) && random.NextDouble() < 0.5) basket.Add(17);
            return basket.ToArray();
        })];

        // False discoveries: 40 worlds without any association; a world with a rule kept is an error of the family.
        var worldsWithRules = Enumerable.Range(0, 40).Count(_ => AssociationRules.Mine(Simulate(planted: false), 30, 10, 2).SignificantRules(0, 0.01).Count > 0);
        Assert.InRange(worldsWithRules, 0, 3);
        var found = AssociationRules.Mine(Simulate(planted: true), 30, 10, 2).SignificantRules(0.3, 0.01);
        Assert.Equal((3, 17), (Assert.Single(found).Antecedent[0], found[0].Consequent));
    }

    [Fact]
    public void Nothing_to_mine_gives_nothing()
    {
        Assert.Empty(AssociationRules.Mine([], 0, 10, 3).Rules(0));
        Assert.Empty(AssociationRules.Mine([[1, 1, 1]], 2, 2, 3).ItemSets);
        var everywhere = AssociationRules.Mine([[0, 1], [0, 1]], 2, 1, 2).Rules(0);
        Assert.All(everywhere, rule => Assert.Equal((1.0, 0.0, 1.0), (rule.Lift, rule.ChiSquare, rule.P)));
    }

    [Fact]
    public void The_value_of_an_offer_follows_its_formula()
    {
        Assert.Equal(0.3, OfferValue.Acceptance(0.3, 0, 0), 12);
        Assert.Equal(0.1, OfferValue.Acceptance(0.2, 20, 0), 12);
        Assert.Equal(1750m, OfferValue.Expected(0.2, 20_000, 0.5, 12_500, 1_000));
        decimal[] prices = [10, 20, 20, 30, 40, 50];
        Assert.Equal([1, 1, 1, 2, 3, 3], prices.Select(price => OfferValue.Tier(price, prices)));
        Assert.Equal(100 * 2.0 / 6, OfferValue.Percentile(20, prices), 9);
        Assert.Equal(0, OfferValue.Percentile(20, []));
    }

    private static (int[][] Baskets, string[] Items) Read()
    {
        var lines = File.ReadLines(Repository.SharedData("groceries.csv")!).Where(line => line.Length > 0).Select(line => line.Split(',')).ToArray();
        var items = lines.SelectMany(line => line).Distinct().Order(StringComparer.Ordinal).ToArray();
        var numbers = items.Select((item, number) => (item, number)).ToDictionary(pair => pair.item, pair => pair.number);
        return ([.. lines.Select(line => line.Select(item => numbers[item]).ToArray())], items);
    }
}
