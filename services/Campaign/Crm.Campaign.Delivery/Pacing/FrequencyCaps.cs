using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Delivery.Pacing;

/// <summary>How many messages a person gets at most, in any 24 hours, 7 days and 30 days. Zero: no limit.</summary>
public sealed record FrequencyCap
{
    [Range(0, 1_000)]
    public int PerDay { get; init; }

    [Range(0, 1_000)]
    public int PerWeek { get; init; }

    [Range(0, 1_000)]
    public int PerMonth { get; init; }

    internal IEnumerable<(int Limit, TimeSpan Window)> Rules =>
        ((int, TimeSpan)[])[(PerDay, TimeSpan.FromDays(1)), (PerWeek, TimeSpan.FromDays(7)), (PerMonth, TimeSpan.FromDays(30))];

    internal bool LimitsAnything => Rules.Any(rule => rule.Limit > 0);
}

/// <summary>Section <c>FrequencyCaps</c>: of all campaigns together; the same for all senders.</summary>
public sealed class FrequencyCapOptions
{
    public const string Section = "FrequencyCaps";

    /// <summary>Over all channels.</summary>
    public FrequencyCap Overall { get; init; } = new();

    /// <summary>By channel.</summary>
    public Dictionary<string, FrequencyCap> Channels { get; init; } = new(StringComparer.Ordinal);

    public bool Apply(string channel) => Overall.LimitsAnything || (Channels.TryGetValue(channel, out var cap) && cap.LimitsAnything);

    /// <summary>
    /// The earliest instant from <paramref name="now"/> on at which one more message on the channel keeps every cap, if nothing else is
    /// sent meanwhile.
    /// </summary>
    /// <param name="contacts">When the person was written to, on which channel; in any order, the last 30 days.</param>
    public DateTimeOffset NextAllowed(DateTimeOffset now, string channel, IReadOnlyCollection<(DateTimeOffset At, string Channel)> contacts)
    {
        var next = Next(now, Overall, contacts.Select(contact => contact.At));
        if (!Channels.TryGetValue(channel, out var cap)) return next;
        var byChannel = Next(now, cap, contacts.Where(contact => contact.Channel == channel).Select(contact => contact.At));
        return byChannel > next ? byChannel : next;
    }

    private static DateTimeOffset Next(DateTimeOffset now, FrequencyCap cap, IEnumerable<DateTimeOffset> contacts)
    {
        var newest = contacts.OrderDescending().ToArray();
        var next = now;
        foreach (var (limit, window) in cap.Rules.Where(rule => rule.Limit > 0 && rule.Limit <= newest.Length))
        {
            // One more fits once the limit-th newest has left the window.
            var leaves = newest[limit - 1] + window;
            if (leaves > next) next = leaves;
        }

        return next;
    }
}
