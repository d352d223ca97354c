using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Features.Segments;

/// <summary>Section <c>Audience</c>.</summary>
public sealed class AudienceOptions : IValidatableObject
{
    public const string Section = "Audience";

    /// <summary>What a count or sample may take before it is refused.</summary>
    public TimeSpan CountTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often it is looked whether segments were measured today.</summary>
    public TimeSpan MeasureInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Hour of the day (UTC) from which they are measured: 18 is one in the night in Jakarta.</summary>
    [Range(0, 23)]
    public int MeasureHour { get; init; } = 18;

    /// <summary>Customers that one statement of a measurement looks at.</summary>
    [Range(100, 1_000_000)]
    public int MeasureSlice { get; init; } = 50_000;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CountTimeout < TimeSpan.FromMilliseconds(100) || CountTimeout > TimeSpan.FromSeconds(25))
        {
            yield return new ValidationResult("Audience:CountTimeout is from 0.1 to 25 seconds.", [nameof(CountTimeout)]);
        }

        if (MeasureInterval <= TimeSpan.Zero) yield return new ValidationResult("Audience:MeasureInterval must be positive.", [nameof(MeasureInterval)]);
    }
}
