using Crm.Sales.Domain;
using Crm.Sales.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Sales.Features.Purchases;

/// <param name="Purchases">1 to 500.</param>
public sealed record RecordPurchasesRequest(IReadOnlyList<PurchaseInput> Purchases);

/// <param name="Items">One for each purchase, in the same order.</param>
public sealed record RecordPurchasesResponse(int Recorded, int Unchanged, int Rejected, IReadOnlyList<RecordedItem> Items);

/// <param name="Status">recorded, unchanged (the same was recorded before) or rejected.</param>
/// <param name="Field">Path in the request of what is at fault.</param>
public sealed record RecordedItem(string Source, string SourceId, string Status, Guid? PurchaseId, string? Code, string? Field, string? Message);

/// <summary>Up to 500 purchases; each is recorded or rejected on its own, all in one transaction.</summary>
internal static class RecordPurchases
{
    private const int MaxItems = 500;

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/purchases/batch", async (RecordPurchasesRequest request, PurchaseIntake intake, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(request, intake, time, cancellationToken)).ToOk())
        .WithName("RecordPurchases")
        .AllowRoles(Roles.Sales);

    private static async Task<Result<RecordPurchasesResponse>> HandleAsync(
        RecordPurchasesRequest request, PurchaseIntake intake, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Purchases.Count is 0 or > MaxItems) return SalesErrors.BatchSize("purchases", MaxItems);
        for (var i = 0; i < request.Purchases.Count; i++)
        {
            if (request.Purchases[i] is null) return SalesErrors.ItemMissing($"purchases[{i}]");
        }

        var now = time.GetUtcNow();
        var outcomes = await intake.RecordAsync([.. request.Purchases.Select(purchase => Purchase.Check(purchase, now))], cancellationToken);
        int Count(IntakeStatus status) => outcomes.Count(outcome => outcome.Status == status);
        return new RecordPurchasesResponse(
            Count(IntakeStatus.Recorded), Count(IntakeStatus.Unchanged), Count(IntakeStatus.Rejected),
            [.. outcomes.Select((outcome, i) => ItemOf(outcome, request.Purchases[i], i))]);
    }

    private static RecordedItem ItemOf(IntakeOutcome outcome, PurchaseInput purchase, int index) => new(
        purchase.Source,
        purchase.SourceId,
        outcome.Status switch { IntakeStatus.Recorded => "recorded", IntakeStatus.Unchanged => "unchanged", _ => "rejected" },
        outcome.PurchaseId,
        outcome.Error?.Code,
        outcome.Error is { } error ? $"purchases[{index}].{error.Field}" : null,
        outcome.Error?.Message);
}
