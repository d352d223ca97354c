using Crm.Analytics.Models;

namespace Crm.Analytics.Domain;

/// <summary>A customer's purchases up to a date, in one currency. Days are those with at least one order that was not returned whole.</summary>
/// <param name="WindowPurchaseDays">Those in the window of RFM.</param>
/// <param name="WindowNet">Net revenue in the window of RFM.</param>
internal sealed record CustomerFeatures(
    Guid CustomerId, int PurchaseDays, DateOnly FirstDay, DateOnly LastDay, decimal NetTotal, decimal FirstDayNet, int WindowPurchaseDays, decimal WindowNet)
{
    /// <summary>(x, t_x, T) in weeks, T being counted to the last day of the observation.</summary>
    public PurchaseHistory HistoryAt(DateOnly asOf) => new(
        PurchaseDays - 1, (LastDay.DayNumber - FirstDay.DayNumber) / 7.0, (asOf.DayNumber - FirstDay.DayNumber) / 7.0);

    /// <summary>z, mean daily value of the repeat days.</summary>
    public double MeanRepeatValue => PurchaseDays <= 1 ? 0 : (double)((NetTotal - FirstDayNet) / (PurchaseDays - 1));

    public RepeatSpend Spend => new(PurchaseDays - 1, MeanRepeatValue);
}
