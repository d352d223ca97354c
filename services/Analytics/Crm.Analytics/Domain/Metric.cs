using Crm.Analytics.Models;

namespace Crm.Analytics.Domain;

/// <summary>A number that the firm steers by, with all that it takes to trust it.</summary>
/// <param name="Value">Null where it is undefined; <paramref name="Reason"/> says why. Never 0 instead.</param>
/// <param name="N">Observations behind it.</param>
/// <param name="Low">Of the interval at <paramref name="Confidence"/>; null where the number has none.</param>
/// <param name="Reason">Stable code: why there is no value, or what to mind with it.</param>
internal sealed record Metric(
    string Name, double? Value, double? Numerator, double? Denominator, long N, double? Low, double? High, double? Confidence, string? Reason, string FormulaVersion,
    DateTimeOffset AsOf)
{
    /// <summary>Below so many observations a value is shown and marked.</summary>
    public const int FewObservations = 30;

    public static Metric Undefined(string name, string reason, string formula, DateTimeOffset asOf, double? numerator = null, double? denominator = null, long n = 0) =>
        new(name, null, numerator, denominator, n, null, null, null, reason, formula, asOf);

    /// <summary>A share with Wilson's interval.</summary>
    public static Metric Share(string name, long numerator, long denominator, string formula, DateTimeOffset asOf, double confidence = 0.95) =>
        Intervals.Wilson(numerator, denominator, confidence) is { } share
            ? new(name, share.Value, numerator, denominator, denominator, share.Low, share.High, confidence, denominator < FewObservations ? "few_observations" : null, formula, asOf)
            : Undefined(name, "empty_denominator", formula, asOf, numerator, 0);

    /// <summary>A count or an amount.</summary>
    public static Metric Amount(string name, decimal? value, long n, string formula, DateTimeOffset asOf, string? reason = null) =>
        new(name, (double?)value, null, null, n, null, null, null, value is null ? reason ?? "undefined" : reason, formula, asOf);
}

/// <summary>A step of an explanation: what was computed of what.</summary>
internal sealed record ExplainedStep(string Name, string Formula, IReadOnlyDictionary<string, double?> Inputs, double? Result);
