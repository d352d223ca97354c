namespace Crm.Campaign.Contracts.Events.V1;

/// <summary>A journey wants cases opened for customers (up to 5,000); Service, who owns them, does it.</summary>
/// <param name="Type">question, incident, problem, complaint, return, featureRequest.</param>
/// <param name="Priority">low, normal, high, urgent.</param>
public sealed record CasesRequested(
    Guid EventId, DateTimeOffset OccurredAt, Guid JourneyId, string JourneyName, string Type, string Priority, string Subject, string Description,
    IReadOnlyList<RequestedCase> Cases);

/// <param name="RequestId">Becomes the id of the case: asked for twice, it is opened once.</param>
public sealed record RequestedCase(Guid RequestId, Guid CustomerId);
