using Crm.Campaign.Responses;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Statistics;

/// <summary>Purchases within the window of the campaign's messages.</summary>
/// <param name="Rule">Of several campaigns whose window a purchase is in, one is credited with it.</param>
/// <param name="ByClick">Of <paramref name="Purchases"/>, those before which the customer had clicked; the others follow a message only.</param>
public sealed record Conversions(int WindowDays, string Rule, long Customers, long Purchases, long ByClick, IReadOnlyList<ConversionMoney> Revenue);

/// <param name="Revenue">Less returns.</param>
public sealed record ConversionMoney(string Currency, long Purchases, decimal Revenue, long CreditedPurchases, decimal CreditedRevenue);

internal sealed class ConversionTotals(int windowDays, IReadOnlyList<ConversionTotals.Row> rows)
{
    public const string Rule = "last_click_else_last_sent";

    public long Customers => rows.Sum(row => row.Customers);

    public static async Task<ConversionTotals> ReadAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var window = await unitOfWork.QuerySingleOrDefaultAsync<int?>(
            "SELECT window_days FROM campaign_attributions WHERE campaign_id = @campaignId", new { campaignId }, cancellationToken);
        return new ConversionTotals(
            window ?? ConversionStep.DefaultWindowDays,
            await unitOfWork.QueryAsync<Row>(
                "SELECT channel, variant, basis, currency, customers, purchases, revenue, credited, credited_revenue FROM conversion_counts WHERE campaign_id = @campaignId",
                new { campaignId },
                cancellationToken));
    }

    /// <summary>Customers of one channel or variant; null for what conversions are not counted by.</summary>
    public long? By(string dimension, string value) => dimension switch
    {
        "channel" => rows.Where(row => row.Channel == value).Sum(row => row.Customers),
        "variant" => rows.Where(row => row.Variant == value).Sum(row => row.Customers),
        _ => null,
    };

    public Conversions ToResponse() => new(
        windowDays, Rule, Customers, rows.Sum(row => row.Purchases), rows.Where(row => row.Basis == "clicked").Sum(row => row.Purchases),
        [
            .. from row in rows
               group row by row.Currency into money
               where money.Sum(row => row.Purchases) != 0
               orderby money.Key
               select new ConversionMoney(
                   money.Key, money.Sum(row => row.Purchases), money.Sum(row => row.Revenue), money.Sum(row => row.Credited), money.Sum(row => row.CreditedRevenue)),
        ]);

    internal sealed record Row(
        string Channel, string Variant, string Basis, string Currency, long Customers, long Purchases, decimal Revenue, long Credited, decimal CreditedRevenue);
}
