using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Journeys;

/// <summary>
/// Reads the JSON of a journey. A refusal names the place (<c>definition.nodes[3].next</c>); whether the graph holds together is
/// <see cref="DefinitionGraph"/>'s question.
/// </summary>
internal static partial class DefinitionParser
{
    public const int MaxNodes = 200;
    public const int MaxIdLength = 40;
    private const int MaxWays = 20;
    private const int MaxTags = 20;
    private const int MaxPoints = 100_000;
    private const int MaxWaitMinutes = 2 * 366 * 24 * 60;
    private static readonly string[] Days = [.. Enum.GetNames<DayOfWeek>().Select(name => name.ToLowerInvariant())];

    public static Result<JourneyDefinition> Parse(JsonElement json)
    {
        try
        {
            return DefinitionGraph.Check(Read(new JsonMembers(json, "definition")));
        }
        catch (ErrorException refusal)
        {
            return refusal.Error;
        }
    }

    /// <summary>From the database, where only what was checked is stored.</summary>
    public static JourneyDefinition ParseStored(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement).Value;
    }

    private static JourneyDefinition Read(JsonMembers json)
    {
        json.Only("trigger", "reentry", "start", "nodes");
        var trigger = ReadTrigger(json.Object("trigger"));
        var isDate = trigger is JourneyTrigger.Date;
        var reentry = json.Has("reentry") ? ReadReentry(json.Object("reentry")) : new Reentry(isDate ? ReentryRule.Always : ReentryRule.Never, 0);
        if (isDate && reentry.Rule == ReentryRule.After) throw json.Refuse("reentry.rule", "campaign.journey_reentry", "A date comes round once a year: never again, or always.");
        var nodes = new Dictionary<string, JourneyNode>(StringComparer.Ordinal);
        foreach (var item in json.Array("nodes", 1, MaxNodes))
        {
            var node = ReadNode(item);
            if (!nodes.TryAdd(node.Id, node)) throw item.Refuse("id", "campaign.journey_node_repeated", $"There is another node '{node.Id}'.");
        }

        return new JourneyDefinition(trigger, reentry, json.Text("start", MaxIdLength), nodes);
    }

    private static JourneyTrigger ReadTrigger(JsonMembers json)
    {
        var on = json.Text("on", MaxIdLength);
        var criteria = json.Has("criteria") ? json.Criteria("criteria") : null;
        switch (on)
        {
            case "manual":
                json.Only("on", "criteria");
                return new JourneyTrigger.Manual(criteria);
            case "segmentEntered":
                json.Only("on", "criteria", "segmentId", "existing");
                return new JourneyTrigger.Segment(json.Id("segmentId"), json.Flag("existing"), criteria);
            case "date":
                json.Only("on", "criteria", "field", "hour", "daysBefore", "years", "leapDay");
                var field = DateField.Find(json.Text("field", MaxIdLength))
                    ?? throw json.Refuse("field", "campaign.unknown_field", $"A date that comes round is one of: {string.Join(", ", DateField.Names)}.");
                return new JourneyTrigger.Date(
                    field, json.Number("hour", 0, 23, 9), json.Number("daysBefore", 0, 60, 0), json.Has("years") ? json.Number("years", 1, 100, 1) : null,
                    json.OneOf("leapDay", ["feb28", "mar1"], "feb28") == "mar1" ? LeapDayRule.Mar1 : LeapDayRule.Feb28, criteria);
            default:
                json.Only("on", "criteria", "tag");
                return new JourneyTrigger.Event(ReadEvent(json, "on", JourneyEvents.Triggers), criteria);
        }
    }

    private static Reentry ReadReentry(JsonMembers json)
    {
        var rule = json.OneOf("rule", ["never", "after", "always"], null);
        json.Only(rule == "after" ? ["rule", "days"] : ["rule"]);
        return rule switch
        {
            "after" => new Reentry(ReentryRule.After, json.Number("days", 1, 3650, null)),
            "always" => new Reentry(ReentryRule.Always, 0),
            _ => new Reentry(ReentryRule.Never, 0),
        };
    }

    private static JourneyNode ReadNode(JsonMembers json)
    {
        var id = json.Text("id", MaxIdLength);
        if (!NodeId().IsMatch(id)) throw json.Refuse("id", "campaign.journey_node_id", "The id of a node is of letters, digits, '-' and '_'.");
        string Next(string member = "next") => json.Text(member, MaxIdLength);
        var kind = json.OneOf("kind", ["wait", "waitUntil", "branch", "split", "send", "tag", "case", "points", "goal", "exit"], null);
        switch (kind)
        {
            case "wait":
                json.Only("id", "kind", "days", "hours", "minutes", "weekday", "at", "next");
                return new JourneyNode.Wait(id, ReadWait(json), Next());
            case "waitUntil":
                json.Only("id", "kind", "event", "tag", "criteria", "days", "hours", "minutes", "next", "otherwise");
                if (json.Has("event") == json.Has("criteria")) throw json.Refuse("event", "campaign.journey_wait", "It waits either for an event or for criteria.");
                return new JourneyNode.WaitUntil(
                    id, json.Has("event") ? ReadEvent(json, "event", JourneyEvents.Awaited) : null, json.Has("criteria") ? json.Criteria("criteria") : null,
                    Duration(json, required: true), Next(), Next("otherwise"));
            case "branch":
                json.Only("id", "kind", "branches", "otherwise");
                return new JourneyNode.Branch(id, [.. json.Array("branches", 1, MaxWays).Select(branch =>
                {
                    branch.Only("criteria", "next");
                    return (branch.Criteria("criteria"), branch.Text("next", MaxIdLength));
                })], Next("otherwise"));
            case "split":
                json.Only("id", "kind", "paths");
                return new JourneyNode.Split(id, ReadPaths(json));
            case "send":
                json.Only("id", "kind", "channel", "templateId", "senderName", "fromAddress", "next");
                return new JourneyNode.Send(
                    id, json.OneOf("channel", [.. Eligibility.Channels], "email"), json.Id("templateId"), json.Line("senderName", 100), json.Address("fromAddress"), Next());
            case "tag":
                json.Only("id", "kind", "add", "remove", "next");
                string[] add = json.Texts("add", MaxTags), remove = json.Texts("remove", MaxTags);
                if (add.Length + remove.Length == 0) throw json.Refuse("add", "campaign.journey_tag", "It adds or removes a tag at least.");
                return new JourneyNode.Tag(id, add, remove, Next());
            case "case":
                json.Only("id", "kind", "type", "priority", "subject", "description", "next");
                return new JourneyNode.Case(
                    id, json.OneOf("type", ["question", "incident", "problem", "complaint", "return", "featureRequest"], "question"),
                    json.OneOf("priority", ["low", "normal", "high", "urgent"], "normal"), json.Line("subject", 200),
                    json.Has("description") ? json.Text("description", 20_000) : "", Next());
            case "points":
                json.Only("id", "kind", "points", "reason", "message", "next");
                return new JourneyNode.Points(
                    id, json.Number("points", 1, MaxPoints, null), json.Line("reason", 200), json.Has("message") ? json.Text("message", MaxIdLength) : null, Next());
            case "goal":
                json.Only("id", "kind", "event", "tag");
                return new JourneyNode.Goal(id, json.Has("event") ? ReadEvent(json, "event", JourneyEvents.Awaited) : null);
            default:
                json.Only("id", "kind");
                return new JourneyNode.Exit(id);
        }
    }

    private static string ReadEvent(JsonMembers json, string member, IReadOnlySet<string> known)
    {
        var kind = json.Text(member, MaxIdLength);
        if (!known.Contains(kind)) throw json.Refuse(member, "campaign.journey_event", $"There is no event '{kind}' here. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
        if (JourneyEvents.NeedsTag(kind)) return JourneyEvents.TagAdded(json.Line("tag", 100));
        if (json.Has("tag")) throw json.Refuse("tag", "campaign.journey_malformed", "Only 'tagAdded' has a tag.");
        return kind;
    }

    private static WaitTime ReadWait(JsonMembers json)
    {
        DayOfWeek? weekday = json.Has("weekday") ? (DayOfWeek)System.Array.IndexOf(Days, json.OneOf("weekday", Days, null)) : null;
        TimeOnly? at = null;
        if (json.Has("at"))
        {
            at = TimeOnly.TryParseExact(json.Text("at", 5), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
                ? time
                : throw json.Refuse("at", "campaign.journey_wait", "A time of day is written like 09:30.");
        }

        return new WaitTime(Duration(json, required: at is null && weekday is null), weekday, at);
    }

    private static int Duration(JsonMembers json, bool required)
    {
        var minutes = json.Number("days", 0, 731, 0) * 24 * 60 + json.Number("hours", 0, 10_000, 0) * 60 + json.Number("minutes", 0, 100_000, 0);
        if (minutes > MaxWaitMinutes) throw json.Refuse("days", "campaign.journey_wait", "A wait is two years at most.");
        return minutes == 0 && required ? throw json.Refuse("days", "campaign.journey_wait", "A wait has a duration of a minute at least, a weekday or a time of day.") : minutes;
    }

    private static List<(int Share, string Next)> ReadPaths(JsonMembers json)
    {
        var paths = json.Array("paths", 2, MaxWays).Select(path =>
        {
            path.Only("percent", "next");
            return (Share: path.Hundredths("percent"), Next: path.Text("next", MaxIdLength));
        }).ToList();
        return paths.Sum(path => path.Share) == SplitHash.Whole ? paths : throw json.Refuse("paths", "campaign.journey_split", "The percentages of a split are 100 together.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z")]
    private static partial Regex NodeId();
}
