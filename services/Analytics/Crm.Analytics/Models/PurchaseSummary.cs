namespace Crm.Analytics.Models;

/// <summary>One line of the event log: what a customer bought (or returned, with a negative value) on a day of the business zone.</summary>
public readonly record struct Purchase<TCustomer>(TCustomer Customer, DateOnly Day, decimal Value);

/// <summary>A customer's purchases as the models want them.</summary>
/// <param name="MeanRepeatValue">z, mean daily value of the repeat days; 0 where there are none.</param>
public readonly record struct CustomerSummary<TCustomer>(TCustomer Customer, PurchaseHistory History, double MeanRepeatValue)
{
    public RepeatSpend Spend => new(History.Frequency, MeanRepeatValue);
}

/// <summary>
/// Event log to (x, t_x, T, z): purchases of one day count as one; x = purchase days after the first, t_x = last - first, T = end -
/// first, z = mean daily value of the repeat days (the first purchase day is left out).
/// </summary>
public static class PurchaseSummary
{
    /// <param name="end">Last day of the observation; later purchases are ignored.</param>
    /// <param name="daysPerUnit">7 for models in weeks, 1 for days.</param>
    /// <returns>In order of the customers' first appearance in the log.</returns>
    public static IReadOnlyList<CustomerSummary<TCustomer>> Of<TCustomer>(
        IEnumerable<Purchase<TCustomer>> log, DateOnly end, double daysPerUnit = 7) where TCustomer : notnull
    {
        var position = new Dictionary<TCustomer, int>();
        var logs = new List<(TCustomer Customer, SortedDictionary<DateOnly, decimal> Days)>();
        foreach (var purchase in log)
        {
            if (purchase.Day > end) continue;
            if (!position.TryGetValue(purchase.Customer, out var index))
            {
                position[purchase.Customer] = index = logs.Count;
                logs.Add((purchase.Customer, []));
            }
            var days = logs[index].Days;
            days[purchase.Day] = days.GetValueOrDefault(purchase.Day) + purchase.Value;
        }
        return [.. logs.Select(entry => Summarise(entry.Customer, entry.Days, end, daysPerUnit))];
    }

    private static CustomerSummary<TCustomer> Summarise<TCustomer>(
        TCustomer customer, SortedDictionary<DateOnly, decimal> days, DateOnly end, double daysPerUnit)
    {
        var (first, last, total, repeatTotal) = (default(DateOnly?), default(DateOnly), 0, 0m);
        foreach (var (day, value) in days)
        {
            if (first is null) first = day;
            else repeatTotal += value;
            last = day;
            total++;
        }
        var x = total - 1;
        var start = first!.Value;
        var history = new PurchaseHistory(
            x, (last.DayNumber - start.DayNumber) / daysPerUnit, (end.DayNumber - start.DayNumber) / daysPerUnit);
        return new(customer, history, x == 0 ? 0 : (double)(repeatTotal / x));
    }
}
