namespace Crm.Analytics.Contracts.Events.V1;

/// <summary>Alerts (up to 500) for the sales desk were raised; those of the hold-out group are not among them.</summary>
public sealed record AlertsRaised(Guid EventId, DateTimeOffset OccurredAt, IReadOnlyList<RaisedAlert> Alerts);

/// <param name="Kind">cross-sell, up-sell, switch-sell, customer-drift, sales-performance, customer-trend, customer-margin, customer-alignment.</param>
/// <param name="SubjectType">customer or unit.</param>
/// <param name="SubjectId">The customer's id, or the unit's name.</param>
/// <param name="ReasonId">Why, in Indonesian.</param>
/// <param name="ReasonEn">Why, in English.</param>
public sealed record RaisedAlert(
    Guid AlertId, string Kind, string SubjectType, string SubjectId, string Currency, decimal MoneyAtStake, string ReasonCode, string ReasonId, string ReasonEn,
    DateTimeOffset RaisedAt, DateTimeOffset ExpiresAt);
