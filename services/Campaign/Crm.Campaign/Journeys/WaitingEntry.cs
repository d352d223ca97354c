namespace Crm.Campaign.Journeys;

/// <summary>A contact in a journey whose timer is due, and what the worker makes of it.</summary>
internal sealed class WaitingEntry
{
    public Guid EntryId { get; init; }
    public Guid CustomerId { get; init; }
    public string Occasion { get; init; } = "";
    public int Version { get; init; }
    public string Node { get; set; } = "";
    public int Step { get; set; }
    public DateTimeOffset NodeSince { get; set; }
    public string? WaitsFor { get; set; }
    public string[] Heard { get; set; } = [];

    /// <summary>From the audience; a customer without profile there is not written to.</summary>
    public string? TimeZone { get; init; }
    public string? Language { get; init; }

    public string State { get; private set; } = "waiting";
    public DateTimeOffset DueAt { get; private set; }

    /// <summary>Stays at its node until then, or until what it waits for happens.</summary>
    public bool IsParked { get; private set; }

    public void Park(DateTimeOffset until, string? waitsFor = null) => (IsParked, DueAt, WaitsFor, Heard) = (true, until, waitsFor, []);

    public void Leave(string state, DateTimeOffset now) => (IsParked, State, DueAt, WaitsFor, Heard) = (true, state, now, null, []);
}
