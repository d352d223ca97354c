namespace Crm.Loyalty.Domain;

/// <summary>
/// A member's purchase as far as points are concerned. At all times <c>Points = Rule(Net)</c> with the rule of the day of the purchase,
/// whatever was returned in whatever order.
/// </summary>
/// <param name="Rule">Null where the currency had no rule: such a basket earns nothing.</param>
/// <param name="Net">What is left of the purchase after the returns known so far, before tax.</param>
public sealed record Basket(EarningRule? Rule, decimal Net, long Points)
{
    public static Basket Bought(EarningRule? rule, decimal total) => new(rule, total, rule?.PointsFor(total) ?? 0);

    /// <summary>
    /// Returns only ever lower what is left, so a return that arrives after a later one has nothing to add.
    /// </summary>
    /// <param name="totalAfter">What is left of the purchase after that return and all before it.</param>
    /// <param name="points">Points to take back.</param>
    public Basket Return(decimal totalAfter, out long points)
    {
        var net = Math.Min(Net, totalAfter);
        var after = this with { Net = net, Points = Rule?.PointsFor(net) ?? 0 };
        points = Points - after.Points;
        return after;
    }
}
