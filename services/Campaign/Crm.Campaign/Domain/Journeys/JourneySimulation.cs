namespace Crm.Campaign.Domain.Journeys;

/// <param name="Kind">As in <see cref="JourneyEvents"/>.</param>
internal sealed record PastEvent(string Kind, string Occasion, DateTimeOffset At);

/// <summary>What is known of a contact: events as they happened, everything else as it is now.</summary>
/// <param name="Date">The trigger's date, local where it is an instant.</param>
/// <param name="InSegment">Of the trigger.</param>
/// <param name="Fits">The trigger's criteria hold.</param>
/// <param name="Excluded">By channel, why nothing would be sent; absent: it would.</param>
/// <param name="Matches">Whether criteria of the node (by their place, for a branch) hold.</param>
/// <param name="Messages">When they were really sent something.</param>
internal sealed record SimulatedContact(
    Guid CustomerId, TimeZoneInfo Zone, DateOnly? Date, bool InSegment, bool Fits, IReadOnlyList<PastEvent> Events,
    IReadOnlyDictionary<string, string> Excluded, Func<string, int, bool> Matches, IReadOnlyList<DateTimeOffset> Messages);

/// <param name="CapMessages">Messages to one contact in <paramref name="CapDays"/> days at most, real ones among them.</param>
internal sealed record SimulationWindow(DateTimeOffset From, DateTimeOffset To, int CapMessages, int CapDays);

/// <summary>
/// What a journey would have done to one contact over a past window. Pure: the same contact and window give the same report, whatever
/// machine or order; reports add up.
/// </summary>
internal sealed class JourneySimulation(Guid journeyId, JourneyDefinition definition, SimulationWindow window)
{
    private const int MaxSteps = 2_000;

    public void Run(SimulatedContact contact, SimulationReport report)
    {
        var entries = Spaced([.. Entries(contact).OrderBy(entry => entry.At).ThenBy(entry => entry.Occasion, StringComparer.Ordinal)]);
        if (entries.Count == 0) return;
        report.Contacts++;
        var sends = new List<(DateTimeOffset At, JourneyNode.Send Node)>();
        foreach (var (at, _) in entries)
        {
            report.Enter(at);
            Walk(contact, at, sends, report);
        }

        SettleMessages(contact, sends, report);
    }

    private IEnumerable<(DateTimeOffset At, string Occasion)> Entries(SimulatedContact contact)
    {
        if (!contact.Fits) return [];
        return definition.Trigger switch
        {
            JourneyTrigger.Event { Kind: var kind } => contact.Events.Where(past => past.Kind == kind && past.At >= window.From && past.At < window.To).Select(past => (past.At, past.Occasion)),
            JourneyTrigger.Date date when contact.Date is { } origin => Anniversary(date, origin, contact.Zone),
            JourneyTrigger.Segment when contact.InSegment => [(window.From, "round:0")],
            _ => [],
        };
    }

    private IEnumerable<(DateTimeOffset At, string Occasion)> Anniversary(JourneyTrigger.Date trigger, DateOnly origin, TimeZoneInfo zone)
    {
        for (var year = window.From.Year - 1; year <= window.To.Year + 1; year++)
        {
            if (year <= origin.Year || (trigger.Years is { } years && year - origin.Year != years)) continue;
            var at = LocalClock.Instant(Anniversaries.In(year, origin, trigger.LeapDay).AddDays(-trigger.DaysBefore), new TimeOnly(trigger.Hour, 0), zone);
            if (at >= window.From && at < window.To) yield return (at, year.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The re-entry rule.</summary>
    private List<(DateTimeOffset At, string Occasion)> Spaced(IReadOnlyList<(DateTimeOffset At, string Occasion)> entries)
    {
        var kept = new List<(DateTimeOffset At, string Occasion)>();
        foreach (var entry in entries)
        {
            var enters = definition.Reentry.Rule switch
            {
                ReentryRule.Never => kept.Count == 0,
                ReentryRule.After => kept.Count == 0 || entry.At - kept[^1].At >= TimeSpan.FromDays(definition.Reentry.Days),
                _ => kept.All(other => other.Occasion != entry.Occasion),
            };
            if (enters) kept.Add(entry);
        }

        return kept;
    }

    private void Walk(SimulatedContact contact, DateTimeOffset entered, List<(DateTimeOffset At, JourneyNode.Send Node)> sends, SimulationReport report)
    {
        var reached = contact.Events.Where(past => past.At > entered && definition.Goals.ContainsKey(past.Kind)).MinBy(past => past.At);
        var (node, now) = (definition.Nodes[definition.Start], entered);
        for (var step = 0; step < MaxSteps; step++)
        {
            var (at, next) = Pass(node, now, contact);
            if (reached is not null && reached.At <= at && reached.At < window.To)
            {
                report.Node(definition.Goals[reached.Kind].Id).Left++;
                return;
            }

            if (at >= window.To)
            {
                report.Node(node.Id).Waiting++;
                return;
            }

            if (next is null)
            {
                report.Node(node.Id).Left++;
                return;
            }

            if (node is JourneyNode.Send send) sends.Add((at, send));
            if (node is JourneyNode.Points points) report.Node(node.Id).Points += points.Amount;
            report.Node(node.Id).Passed++;
            (node, now) = (definition.Nodes[next], at);
        }

        report.Node(node.Id).Left++;
    }

    /// <summary>When the node is passed, and the node after it; null: an end.</summary>
    private (DateTimeOffset At, string? Next) Pass(JourneyNode node, DateTimeOffset now, SimulatedContact contact)
    {
        switch (node)
        {
            case JourneyNode.Wait wait:
                return (wait.Time.After(now, contact.Zone), wait.Next);
            case JourneyNode.WaitUntil { Event: { } awaited } until:
                var end = now.AddMinutes(until.TimeoutMinutes);
                var happened = contact.Events.Where(past => past.Kind == awaited && past.At > now && past.At <= end).MinBy(past => past.At);
                return happened is null ? (end, until.Otherwise) : (happened.At, until.Next);
            case JourneyNode.WaitUntil until:
                return contact.Matches(until.Id, 0) ? (now, until.Next) : (now.AddMinutes(until.TimeoutMinutes), until.Otherwise);
            case JourneyNode.Branch branch:
                var way = Enumerable.Range(0, branch.Branches.Count).FirstOrDefault(index => contact.Matches(branch.Id, index), -1);
                return (now, way < 0 ? branch.Otherwise : branch.Branches[way].Next);
            case JourneyNode.Split split:
                return (now, SplitHash.Choose(journeyId, split, contact.CustomerId));
            default:
                return (now, node.Edges.Select(edge => edge.Target).FirstOrDefault());
        }
    }

    /// <summary>Consent and addresses as they are now; then the cap, over what was really sent and what is simulated.</summary>
    private void SettleMessages(SimulatedContact contact, List<(DateTimeOffset At, JourneyNode.Send Node)> sends, SimulationReport report)
    {
        var sent = contact.Messages.ToList();
        foreach (var (at, send) in sends.OrderBy(send => send.At).ThenBy(send => send.Node.Id, StringComparer.Ordinal))
        {
            var figures = report.Node(send.Id);
            if (contact.Excluded.TryGetValue(send.Channel, out var reason))
            {
                figures.Excluded[reason] = figures.Excluded.GetValueOrDefault(reason) + 1;
            }
            else if (sent.Count(other => other <= at && at - other < TimeSpan.FromDays(window.CapDays)) >= window.CapMessages)
            {
                figures.CapCollisions++;
            }
            else
            {
                sent.Add(at);
                report.Send(send.Id, at);
            }
        }
    }
}

/// <summary>Sums that grow contact by contact.</summary>
internal sealed class SimulationReport
{
    public long Looked { get; set; }
    public long Contacts { get; set; }
    public long Entries { get; set; }

    /// <summary>By UTC day.</summary>
    public SortedDictionary<string, long> EntriesByDay { get; init; } = new(StringComparer.Ordinal);

    /// <summary>By node.</summary>
    public SortedDictionary<string, NodeFigures> Nodes { get; init; } = new(StringComparer.Ordinal);

    public NodeFigures Node(string id) => Nodes.TryGetValue(id, out var figures) ? figures : Nodes[id] = new NodeFigures();

    public void Enter(DateTimeOffset at)
    {
        Entries++;
        var day = DayOf(at);
        EntriesByDay[day] = EntriesByDay.GetValueOrDefault(day) + 1;
    }

    public void Send(string node, DateTimeOffset at)
    {
        var figures = Node(node);
        figures.Messages++;
        var day = DayOf(at);
        figures.ByDay[day] = figures.ByDay.GetValueOrDefault(day) + 1;
    }

    private static string DayOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}

internal sealed class NodeFigures
{
    public long Passed { get; set; }

    /// <summary>At the end of the window.</summary>
    public long Waiting { get; set; }
    public long Left { get; set; }
    public long Messages { get; set; }
    public long CapCollisions { get; set; }

    /// <summary>That it would have asked Loyalty for; only members get them.</summary>
    public long Points { get; set; }

    /// <summary>Messages that consent, address or suppression would have kept back, by reason.</summary>
    public SortedDictionary<string, long> Excluded { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Messages by UTC day.</summary>
    public SortedDictionary<string, long> ByDay { get; init; } = new(StringComparer.Ordinal);
}
