namespace Crm.Customer.Contracts.Events.V1;

/// <summary>Details of customers (up to 500) changed; each snapshot is complete.</summary>
public sealed record CustomersChanged(Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<CustomerSnapshot> Customers);
