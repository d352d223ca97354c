namespace Crm.Loyalty.Domain;

/// <summary>One version of what a point costs in a currency.</summary>
/// <param name="AmountPerPoint">Net amount that earns one point.</param>
/// <param name="EffectiveFrom">Purchases made from then on earn by it, until the next version.</param>
public sealed record EarningRule(string Currency, int Version, decimal AmountPerPoint, DateTimeOffset EffectiveFrom)
{
    /// <summary>A basket earns on its whole net amount; what does not make a full point is lost.</summary>
    public long PointsFor(decimal net) => net <= 0 ? 0 : (long)decimal.Floor(net / AmountPerPoint);

    /// <summary>The rule in force when something was bought: a matter of the purchase's date, not of when we hear of it.</summary>
    public static EarningRule? InForce(IEnumerable<EarningRule> rules, string currency, DateTimeOffset at) =>
        rules.Where(rule => rule.Currency == currency && rule.EffectiveFrom <= at).MaxBy(rule => rule.EffectiveFrom);
}
