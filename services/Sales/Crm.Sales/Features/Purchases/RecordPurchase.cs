using Crm.Sales.Domain;
using Crm.Sales.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Sales.Features.Purchases;

/// <summary>One purchase. 201 when it is new; 200 with the recorded one when it is the same again.</summary>
internal static class RecordPurchase
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/purchases", HandleAsync)
        .WithName("RecordPurchase")
        .AllowRoles(Roles.Sales);

    private static async Task<Results<Created<PurchaseDetails>, Ok<PurchaseDetails>, ProblemHttpResult>> HandleAsync(
        PurchaseInput purchase, PurchaseIntake intake, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var outcome = (await intake.RecordAsync([Purchase.Check(purchase, time.GetUtcNow())], cancellationToken))[0];
        if (outcome.Error is { } error) return error.ToProblem();

        var details = await GetPurchase.FindAsync(outcome.PurchaseId!.Value, unitOfWork, cancellationToken);
        return outcome.Status == IntakeStatus.Recorded
            ? TypedResults.Created($"/api/sales/v1/purchases/{outcome.PurchaseId}", details)
            : TypedResults.Ok(details);
    }
}
