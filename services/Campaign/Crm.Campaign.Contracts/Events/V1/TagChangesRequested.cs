namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>A journey wants tags of customers (up to 5,000) changed; Customer, who owns them, does it.</summary>
public sealed record TagChangesRequested(
    Guid EventId, DateTimeOffset OccurredAt, Guid JourneyId, string JourneyName, IReadOnlyList<string> Add, IReadOnlyList<string> Remove,
    IReadOnlyList<Guid> CustomerIds);
