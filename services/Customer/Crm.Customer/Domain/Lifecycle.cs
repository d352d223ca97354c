namespace Crm.Customer.Domain;

/// <summary>Where a customer stands with the enterprise. Moved by rules over events, never by hand.</summary>
internal static class Lifecycle
{
    public const string Prospect = "Prospect";
    public const string New = "New";
    public const string Active = "Active";

    /// <summary>Buying once makes a prospect a new customer, buying again an active one; nothing moves backwards here.</summary>
    public static string AfterPurchases(string stage, int purchases) => (stage, purchases) switch
    {
        (Prospect or New, >= 2) => Active,
        (Prospect, 1) => New,
        _ => stage,
    };
}
