using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>
/// The customers that the correctness probe goes through the services with. Their events are kept; no figure counts them. They are known by
/// the tag <see cref="Tag"/> or by the probe as their source, in whatever order events come: what was counted before is taken out.
/// </summary>
public sealed class SyntheticCustomers(UnitOfWork unitOfWork)
{
    public const string Tag = "synthetic";
    public const string Source = "crm-probe";

    /// <summary>Before anything else of the event is projected, since it waits for all other projections to end.</summary>
    public Task MarkAsync(IEnumerable<RecordedPurchase> purchases, CancellationToken cancellationToken) =>
        MarkAsync([.. purchases.Where(purchase => purchase.Source == Source).Select(purchase => purchase.CustomerId).Distinct()], cancellationToken);

    public Task MarkAsync(IEnumerable<CustomerSnapshot> customers, CancellationToken cancellationToken) =>
        MarkAsync([.. customers.Where(customer => customer.Source == Source || customer.Tags.Contains(Tag)).Select(customer => customer.CustomerId)], cancellationToken);

    private Task MarkAsync(Guid[] marked, CancellationToken cancellationToken) =>
        marked.Length == 0 ? Task.CompletedTask : unitOfWork.ExecuteAsync("SELECT mark_synthetic(@marked)", new { marked }, cancellationToken);
}
