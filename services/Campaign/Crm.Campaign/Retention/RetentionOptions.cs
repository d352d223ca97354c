using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Retention;

/// <summary>Section <c>Retention</c>: how many days the service remembers what nothing depends on any more.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>Steps of contacts in journeys. Who is where, and who must not enter again, is kept as long as the journey.</summary>
    [Range(31, 36_500)]
    public int JourneyLogDays { get; init; } = 800;

    /// <summary>Past events that simulations replay; a simulation goes back 24 months at most.</summary>
    [Range(31, 36_500)]
    public int JourneyFactDays { get; init; } = 800;

    /// <summary>Messages that were sent as tests, as they were written.</summary>
    [Range(1, 36_500)]
    public int TestSendDays { get; init; } = 90;

    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Rows of one transaction: deleting a year's backlog holds nobody up.</summary>
    [Range(1, 100_000)]
    public int BatchSize { get; init; } = 5_000;
}
