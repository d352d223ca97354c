using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Journeys;

/// <summary>Section <c>Journeys</c>.</summary>
public sealed class JourneyOptions
{
    public const string Section = "Journeys";

    /// <summary>Contacts whose timers one transaction takes.</summary>
    [Range(1, 5_000)]
    public int BatchSize { get; init; } = 500;

    /// <summary>Batches that one replica works on at a time; 0: this replica does none.</summary>
    [Range(0, 16)]
    public int Workers { get; init; } = 1;

    /// <summary>How often due timers are looked for.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often dates that became due, and events of customers who were unknown, are looked for.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often all dates of the day are looked for again (who changed the zone or was registered today), and segments.</summary>
    public TimeSpan WholeSweepInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often criteria that somebody waits for are asked where no event asks them.</summary>
    public TimeSpan RecheckInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>An older event begins no journey: an import of last year's purchases thanks nobody.</summary>
    public TimeSpan MaxEventAge { get; init; } = TimeSpan.FromDays(3);

    /// <summary>IANA zone of customers without one that is known.</summary>
    [Required]
    public string DefaultTimeZone { get; init; } = "Asia/Jakarta";

    internal TimeZoneInfo ZoneOf(string? id) =>
        id is not null && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.FindSystemTimeZoneById(DefaultTimeZone);
}
