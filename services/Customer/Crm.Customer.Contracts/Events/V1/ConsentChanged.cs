namespace Crm.Customer.Contracts.Events.V1;

/// <summary>A customer gave or withdrew consent; withdrawal takes effect at every sender within seconds.</summary>
/// <param name="NoticeVersion">Version of the text that the customer saw.</param>
/// <param name="CaptureSource">Where the decision was made: form, import, unsubscribe, agent.</param>
public sealed record ConsentChanged(
    Guid EventId, DateTimeOffset OccurredAt, Guid CustomerId, ConsentState Consent, string NoticeVersion, string CaptureSource);
