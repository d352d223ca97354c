using System.Globalization;
using System.Text.Json.Nodes;

namespace Crm.Campaign.Tests.Segments;

/// <summary>One customer as plain values, by the field's name; null where nothing is known.</summary>
internal sealed record Person(Guid Id, string? Zone, string? Currency, Dictionary<string, object?> Values)
{
    public List<BoughtLine> Lines { get; } = [];

    public List<Message> Messages { get; } = [];

    public HashSet<Guid> Lists { get; } = [];
}

internal sealed record BoughtLine(Guid Purchase, int Number, DateTimeOffset? At, string Sku, string? Category, string? Currency, decimal Quantity, decimal Total);

internal sealed record Message(Guid Campaign, string Channel, string State, DateTimeOffset? SentAt, DateTimeOffset? OpenedAt, DateTimeOffset? ClickedAt);

/// <summary>What criteria mean, written apart from the compiler: over JSON and plain values, day by day where the SQL calculates.</summary>
internal sealed class CriteriaOracle(DateTimeOffset now)
{
    public bool Holds(JsonNode json, Person person)
    {
        if (json["all"] is JsonArray all) return all.All(part => Holds(part!, person));
        if (json["any"] is JsonArray any) return any.Any(part => Holds(part!, person));
        if (json["not"] is { } not) return !Holds(not, person);
        if (json["segment"] is not null) return Holds(json["criteria"]!, person);
        if (json["list"] is { } list) return person.Lists.Contains(list.GetValue<Guid>());

        var (op, value, actual) = (json["op"]!.GetValue<string>(), json["value"]!, Actual(json["field"]!.GetValue<string>(), json["of"], person));
        if (op == "exists") return actual is not null == value.GetValue<bool>();
        if (actual is null) return false;
        if (op.EndsWith("Days", StringComparison.Ordinal)) return DaysHold(op, value.GetValue<int>(), actual, person);
        return actual is string[] tags ? TagsHold(op, value, tags) : CompareHolds(op, value, actual);
    }

    private static bool TagsHold(string op, JsonNode value, string[] tags) => op switch
    {
        "contains" => tags.Contains(value.GetValue<string>()),
        "containsAny" => value.AsArray().Any(item => tags.Contains(item!.GetValue<string>())),
        _ => value.AsArray().All(item => tags.Contains(item!.GetValue<string>())),
    };

    private static bool CompareHolds(string op, JsonNode value, object actual)
    {
        int Compare(JsonNode other) => actual switch
        {
            string text => string.CompareOrdinal(text, other.GetValue<string>()),
            decimal number => number.CompareTo(decimal.Parse(other.ToJsonString(), CultureInfo.InvariantCulture)),
            bool flag => flag.CompareTo(other.GetValue<bool>()),
            DateOnly date => date.CompareTo(DateOnly.Parse(other.GetValue<string>(), CultureInfo.InvariantCulture)),
            DateTimeOffset instant => instant.CompareTo(DateTimeOffset.Parse(other.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)),
            _ => throw new InvalidOperationException(actual.GetType().Name),
        };
        return op switch
        {
            "eq" => Compare(value) == 0,
            "ne" => Compare(value) != 0,
            "lt" => Compare(value) < 0,
            "lte" => Compare(value) <= 0,
            "gt" => Compare(value) > 0,
            "gte" => Compare(value) >= 0,
            "between" => Compare(value[0]!) >= 0 && Compare(value[1]!) <= 0,
            "in" => value.AsArray().Any(item => Compare(item!) == 0),
            "notIn" => value.AsArray().All(item => Compare(item!) != 0),
            "contains" => ((string)actual).Contains(value.GetValue<string>(), StringComparison.OrdinalIgnoreCase),
            "startsWith" => ((string)actual).StartsWith(value.GetValue<string>(), StringComparison.OrdinalIgnoreCase),
            _ => throw new InvalidOperationException(op),
        };
    }

    private bool DaysHold(string op, int days, object actual, Person person)
    {
        var today = LocalToday(person);
        if (op == "anniversaryInDays")
        {
            var date = actual is DateOnly known ? known : DateOnly.FromDateTime(((DateTimeOffset)actual).UtcDateTime);
            return Enumerable.Range(0, days + 1).Select(today.AddDays).Any(day => day.Year > date.Year && IsDayOf(date, day));
        }

        if (actual is DateOnly on)
        {
            return op switch
            {
                "inLastDays" => on <= today && on >= today.AddDays(-days),
                "beforeLastDays" => on < today.AddDays(-days),
                _ => on >= today && on <= today.AddDays(days),
            };
        }

        var at = (DateTimeOffset)actual;
        return op switch
        {
            "inLastDays" => at <= now && now - at <= TimeSpan.FromDays(days),
            "beforeLastDays" => now - at > TimeSpan.FromDays(days),
            _ => at >= now && at - now <= TimeSpan.FromDays(days),
        };
    }

    private static bool IsDayOf(DateOnly date, DateOnly day) =>
        (day.Month, day.Day) == (date.Month, date.Day)
        || ((date.Month, date.Day) == (2, 29) && !DateTime.IsLeapYear(day.Year) && (day.Month, day.Day) == (2, 28));

    private DateOnly LocalToday(Person person) => DateOnly.FromDateTime(
        person.Zone is null ? now.UtcDateTime : TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById(person.Zone)).DateTime);

    private object? Actual(string field, JsonNode? of, Person person)
    {
        if (field == "age")
        {
            if (person.Values["birthDate"] is not DateOnly born) return null;
            var today = LocalToday(person);
            return (decimal)(today.Year - born.Year - ((today.Month, today.Day).CompareTo((born.Month, born.Day)) < 0 ? 1 : 0));
        }

        if (field.StartsWith("bought.", StringComparison.Ordinal))
        {
            var lines = person.Lines.Where(line => line.At is { } at && InTime(at, of) && Among(of?["sku"], line.Sku) && Among(of?["category"], line.Category)).ToArray();
            return field switch
            {
                "bought.quantity" => lines.Sum(line => line.Quantity),
                "bought.total" => lines.Where(line => line.Currency == person.Currency).Sum(line => line.Total),
                "bought.purchases" => (decimal)lines.Select(line => line.Purchase).Distinct().Count(),
                "bought.firstAt" => lines.Min(line => line.At),
                _ => lines.Max(line => line.At),
            };
        }

        if (field.StartsWith("messages.", StringComparison.Ordinal))
        {
            DateTimeOffset? When(Message message) => field switch { "messages.opened" => message.OpenedAt, "messages.clicked" => message.ClickedAt, _ => message.SentAt };
            var messages = person.Messages.Where(message =>
                message.State == "sent" && When(message) is { } at && InTime(at, of)
                && Among(of?["campaign"], message.Campaign.ToString()) && Among(of?["channel"], message.Channel)).ToArray();
            return field == "messages.lastSentAt" ? messages.Max(message => message.SentAt) : (decimal)messages.Length;
        }

        return person.Values.GetValueOrDefault(field);
    }

    private bool InTime(DateTimeOffset at, JsonNode? of)
    {
        if (of?["lastDays"] is { } days && (at > now || now - at > TimeSpan.FromDays(days.GetValue<int>()))) return false;
        if (of?["from"] is { } from && at < Instant(from)) return false;
        return of?["to"] is not { } to || at < Instant(to);
    }

    private static bool Among(JsonNode? wanted, string? value) => wanted is null || wanted.AsArray().Any(item => item!.GetValue<string>() == value);

    private static DateTimeOffset Instant(JsonNode json) => DateTimeOffset.Parse(json.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
