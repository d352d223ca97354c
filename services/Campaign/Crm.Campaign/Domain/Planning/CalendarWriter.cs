using System.Globalization;
using System.Text;

namespace Crm.Campaign.Domain.Planning;

/// <param name="Uid">The same for the same thing always.</param>
/// <param name="StartsAt">Null for what takes whole days.</param>
/// <param name="LastDay">The last day that it is on.</param>
internal sealed record CalendarEvent(string Uid, string Title, string Category, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, DateOnly FirstDay, DateOnly LastDay);

/// <summary>Writes RFC 5545, as calendar programs subscribe to it.</summary>
internal static class CalendarWriter
{
    private const int MaxOctets = 75; // of a line, section 3.1

    public static string Write(string name, IEnumerable<CalendarEvent> events, DateTimeOffset now)
    {
        var text = new StringBuilder();
        Line(text, "BEGIN:VCALENDAR");
        Line(text, "VERSION:2.0");
        Line(text, "PRODID:-//CrmPlatform//Campaign//EN");
        Line(text, "CALSCALE:GREGORIAN");
        Line(text, "METHOD:PUBLISH");
        Line(text, "X-WR-CALNAME:" + Escape(name));
        foreach (var item in events)
        {
            Line(text, "BEGIN:VEVENT");
            Line(text, "UID:" + Escape(item.Uid));
            Line(text, "DTSTAMP:" + Utc(now));
            if (item.StartsAt is { } starts)
            {
                Line(text, "DTSTART:" + Utc(starts));
                if (item.EndsAt is { } ends && ends > starts) Line(text, "DTEND:" + Utc(ends));
            }
            else
            {
                // The end is not part of the event: the day after its last.
                Line(text, "DTSTART;VALUE=DATE:" + Day(item.FirstDay));
                Line(text, "DTEND;VALUE=DATE:" + Day(item.LastDay.AddDays(1)));
                Line(text, "TRANSP:TRANSPARENT");
            }

            Line(text, "SUMMARY:" + Escape(item.Title));
            Line(text, "CATEGORIES:" + Escape(item.Category));
            Line(text, "END:VEVENT");
        }

        Line(text, "END:VCALENDAR");
        return text.ToString();
    }

    private static string Utc(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static string Day(DateOnly day) => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    /// <summary>Section 3.3.11; controls cannot be written at all.</summary>
    private static string Escape(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var character in value.ReplaceLineEndings("\n"))
        {
            if (character == '\n') text.Append("\\n");
            else if (character is '\\' or ';' or ',') text.Append('\\').Append(character);
            else if (!char.IsControl(character)) text.Append(character);
        }

        return text.ToString();
    }

    /// <summary>Folds at 75 octets, never within a character; a line that goes on begins with a space, which counts.</summary>
    private static void Line(StringBuilder text, string line)
    {
        var octets = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > MaxOctets)
            {
                text.Append("\r\n ");
                octets = 1;
            }

            text.Append(rune);
            octets += rune.Utf8SequenceLength;
        }

        text.Append("\r\n");
    }
}
