using Crm.Sales.Contracts.V1;
using Crm.Sales.Domain;
using Crm.Sales.Features.Purchases;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Sales.Grpc;

internal sealed class SalesReadsService(UnitOfWork unitOfWork) : SalesReads.SalesReadsBase
{
    public override async Task<GetPurchaseSummaryResponse> GetPurchaseSummary(GetPurchaseSummaryRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CustomerId, out var customerId)) throw new ErrorException(SalesErrors.CustomerIdInvalid);
        var latest = request.Latest <= 0 ? Features.Purchases.GetPurchaseSummary.DefaultLatest : Math.Min(request.Latest, Features.Purchases.GetPurchaseSummary.MaxLatest);
        var summary = await Features.Purchases.GetPurchaseSummary.HandleAsync(customerId, latest, unitOfWork, context.CancellationToken);
        var response = new GetPurchaseSummaryResponse
        {
            PurchaseCount = summary.PurchaseCount,
            FirstPurchasedAt = summary.FirstPurchasedAt?.ToTimestamp(),
            LastPurchasedAt = summary.LastPurchasedAt?.ToTimestamp(),
        };
        response.Totals.AddRange(summary.Totals.Select(total => MoneyAmounts.ToMoney(total.Currency, total.Net)));
        response.Latest.AddRange(summary.Latest.Select(ToOverview));
        return response;
    }

    private static PurchaseOverview ToOverview(PurchaseListItem purchase) => new()
    {
        PurchaseId = purchase.Id.ToString(),
        PurchasedAt = purchase.PurchasedAt.ToTimestamp(),
        Total = MoneyAmounts.ToMoney(purchase.Currency, purchase.Total),
        LineCount = purchase.LineCount,
        Source = purchase.Source,
        SourceId = purchase.SourceId,
        Returned = purchase.ReturnedTotal > 0,
    };
}
