using Crm.Loyalty.Domain;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Loyalty.Tests.Domain;

public sealed class EarningTests
{
    private static readonly EarningRule Rupiah = new("IDR", 1, 10_000, DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-50_000, 0)]
    [InlineData(9_999.99, 0)]
    [InlineData(10_000, 1)]
    [InlineData(125_000, 12)]
    public void A_basket_earns_whole_points_on_its_net(decimal net, long points) => Assert.Equal(points, Rupiah.PointsFor(net));

    [Fact]
    public void The_rule_of_the_day_of_the_purchase_counts()
    {
        var doubled = Rupiah with { Version = 2, AmountPerPoint = 5_000, EffectiveFrom = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero) };
        EarningRule[] rules = [doubled, Rupiah];
        Assert.Equal(1, EarningRule.InForce(rules, "IDR", doubled.EffectiveFrom.AddTicks(-1))?.Version);
        Assert.Equal(2, EarningRule.InForce(rules, "IDR", doubled.EffectiveFrom)?.Version);
        Assert.Null(EarningRule.InForce(rules, "JPY", doubled.EffectiveFrom));
        Assert.Null(EarningRule.InForce(rules, "IDR", DateTimeOffset.UnixEpoch.AddTicks(-1)));
    }

    [Fact]
    public void Points_are_divided_by_largest_remainder()
    {
        Assert.Equal([1, 0, 0], LargestRemainder.Allocate(1, [1m, 1m, 1m]));
        Assert.Equal([3, 4, 5], LargestRemainder.Allocate(12, [28_000m, 42_000m, 55_000m])); // quotas 2.688, 4.032, 5.28
        Assert.Equal([0, 7], LargestRemainder.Allocate(7, [-3m, 2m]));
        Assert.Equal([0, 0], LargestRemainder.Allocate(0, [0m, 0m]));
        Assert.Equal(999_999_999_999_999, LargestRemainder.Allocate(999_999_999_999_999, [333_333_333_333_333.3333m, 666_666_666_666_665.9999m]).Sum());
    }

    [Fact]
    public void The_parts_add_up_and_each_is_its_quota_rounded_up_or_down() => Prop.ForAll<NonNegativeInt, NonNegativeInt[]>((points, cents) =>
    {
        var amounts = cents.Select(value => value.Get / 100m).ToArray();
        var total = amounts.Sum();
        var parts = LargestRemainder.Allocate(points.Get, amounts);
        if (total == 0) return parts.All(part => part == 0);
        return parts.Sum() == points.Get && amounts.Zip(parts).All(pair =>
            pair.Second >= decimal.Floor(points.Get * pair.First / total) && pair.Second <= decimal.Floor(points.Get * pair.First / total) + 1);
    }).QuickCheckThrowOnFailure();
}
