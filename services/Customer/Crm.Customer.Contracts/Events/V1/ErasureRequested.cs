namespace Crm.Customer.Contracts.Events.V1;

/// <summary>
/// A person is to be forgotten. Each service takes out whatever describes them, keeps what it counts, and confirms with its own event
/// (<c>SalesDataErased</c>, ...). Told again until it has confirmed: erasing twice is erasing once.
/// </summary>
/// <param name="CustomerIds">The customer and all who were merged into them.</param>
public sealed record ErasureRequested(Guid EventId, DateTimeOffset OccurredAt, Guid RequestId, IReadOnlyList<Guid> CustomerIds);
