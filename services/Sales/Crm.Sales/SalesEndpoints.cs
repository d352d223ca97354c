using Crm.Sales.Features.Products;
using Crm.Sales.Features.Purchases;
using Crm.ServiceDefaults.Idempotency;

namespace Crm.Sales;

internal static class SalesEndpoints
{
    public static void MapSales(this IEndpointRouteBuilder app)
    {
        var api = app.MapApi("sales");
        CreateProduct.Map(api);
        ImportProducts.Map(api);
        ChangeProduct.Map(api);
        GetProduct.Map(api);
        ListProducts.Map(api);
        RecordPurchase.Map(api);
        RecordPurchases.Map(api);
        GetPurchase.Map(api);
        ListPurchases.Map(api);
        ReturnPurchase.Map(api);
        GetPurchaseSummary.Map(api);
    }
}
