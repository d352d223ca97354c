namespace Crm.Analytics.Contracts.Events.V1;

/// <summary>Returns of a product, or complaints about it, have risen above what chance explains.</summary>
/// <param name="Signal">returns or complaints.</param>
/// <param name="BeganOn">Best guess of the first day of the rise.</param>
/// <param name="Expected">Events that the usual rate would have brought since then.</param>
/// <param name="RatioLow">Lower end of the exact 95 % interval of <paramref name="RateRatio"/>.</param>
/// <param name="Lot">The lot that stands out, where one does.</param>
/// <param name="Reasons">The most frequent reasons that customers gave.</param>
public sealed record ProductIssueSuspected(
    Guid EventId, DateTimeOffset OccurredAt, Guid IssueId, string Sku, string ProductName, string Signal, DateOnly BeganOn, long Events, double Expected,
    double RateRatio, double RatioLow, double RatioHigh, string? Lot, IReadOnlyList<string> Reasons);
