namespace Crm.Customer.Contracts.Events.V1;

/// <summary>Customers were registered: one by a form, or up to 500 by an import. Each customer is in exactly one such event.</summary>
public sealed record CustomersRegistered(Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<CustomerSnapshot> Customers);
