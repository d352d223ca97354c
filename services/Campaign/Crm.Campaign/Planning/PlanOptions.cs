using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Planning;

/// <summary>Section <c>Plan</c>: scheduled launches and ends of campaigns.</summary>
public sealed class PlanOptions : IValidatableObject
{
    public const string Section = "Plan";

    /// <summary>How often due launches and ends are looked for.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A launch that was missed for so long (the platform was down, an approval was wanting) waits for a person's decision.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Pause before a launch that was refused is tried again, within the grace.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>IANA zone whose days the calendar shows unless asked for another.</summary>
    [Required]
    public string CalendarZone { get; init; } = "Asia/Jakarta";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PollInterval <= TimeSpan.Zero) yield return new ValidationResult("Plan:PollInterval must be longer than nothing.", [nameof(PollInterval)]);
        if (RetryAfter <= TimeSpan.Zero) yield return new ValidationResult("Plan:RetryAfter must be longer than nothing.", [nameof(RetryAfter)]);
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(CalendarZone, out var zone) || !zone.HasIanaId) yield return new ValidationResult("Plan:CalendarZone must be an IANA zone.", [nameof(CalendarZone)]);
        if (Grace < TimeSpan.Zero) yield return new ValidationResult("Plan:Grace must not be negative.", [nameof(Grace)]);
    }
}
