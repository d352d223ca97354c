namespace Crm.Analytics.Models;

/// <summary>
/// What the purchase models know of a customer: the sufficient statistics (x, t_x, T) of Fader, Hardie and Lee (2005), in the
/// time unit of the model (weeks throughout this service).
/// </summary>
/// <param name="Frequency">x, repeat purchases: purchase days after the first.</param>
/// <param name="Recency">t_x, time from the first to the last purchase; 0 where x = 0.</param>
/// <param name="Age">T, time from the first purchase to the end of the observation.</param>
public readonly record struct PurchaseHistory(int Frequency, double Recency, double Age)
{
    /// <summary>Whether the numbers can come from a purchase log: t_x = 0 where x = 0, else 0 &lt; t_x ≤ T, finite.</summary>
    public bool IsValid => Frequency switch
    {
        0 => Recency == 0 && Age >= 0 && double.IsFinite(Age),
        > 0 => Recency > 0 && Recency <= Age && double.IsFinite(Age),
        _ => false,
    };
}
