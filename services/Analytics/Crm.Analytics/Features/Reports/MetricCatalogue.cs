namespace Crm.Analytics.Features.Reports;

/// <param name="Sql">Over <c>net_lines l</c>; an aggregate, or of one line.</param>
/// <param name="Formula">What people read.</param>
internal sealed record CatalogueEntry(string Name, string Sql, string Formula);

/// <summary>All that a report may be made of. What is not here is refused: no text of a caller ever becomes SQL.</summary>
internal static class MetricCatalogue
{
    public const string FormulaVersion = "report/1";

    public static readonly CatalogueEntry[] Measures =
    [
        new("netRevenue", "sum(l.net)", "Σ net of the lines, less returns"),
        new("quantity", "sum(l.quantity)", "Σ quantity, less returns"),
        new("purchases", "count(DISTINCT l.purchase_id)", "distinct purchases"),
        new("customers", "count(DISTINCT l.customer_id)", "distinct customers"),
        new("margin", "sum(l.net - l.cost)", "Σ (net - cost of goods) of the lines with a known cost"),
        new("marginRate", "sum(l.net - l.cost) / nullif(sum(l.net) FILTER (WHERE l.cost IS NOT NULL), 0)", "margin / net revenue of the lines with a known cost"),
        new("averagePurchase", "sum(l.net) / nullif(count(DISTINCT l.purchase_id), 0)", "net revenue / purchases"),
        new("revenuePerCustomer", "sum(l.net) / nullif(count(DISTINCT l.customer_id), 0)", "net revenue / customers"),
    ];

    public static readonly CatalogueEntry[] Dimensions =
    [
        new("day", "l.day::text", "business day of the purchase"), new("month", "to_char(l.day, 'YYYY-MM')", "month of the purchase"),
        new("weekday", "extract(isodow FROM l.day)::int::text", "1 Monday to 7 Sunday"), new("category", "l.category", "category of the product"), new("sku", "l.sku", "product"),
        new("source", "l.source", "system that reported the purchase"), new("customer", "l.customer_id::text", "customer"),
    ];

    public static CatalogueEntry? Measure(string name) => Measures.FirstOrDefault(entry => entry.Name == name);

    public static CatalogueEntry? Dimension(string name) => Dimensions.FirstOrDefault(entry => entry.Name == name);
}
