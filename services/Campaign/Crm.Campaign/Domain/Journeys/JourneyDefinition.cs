using Crm.Campaign.Domain.Segments;

namespace Crm.Campaign.Domain.Journeys;

/// <summary>A checked graph: every edge leads to a node of it, and every node to an end.</summary>
internal sealed record JourneyDefinition(JourneyTrigger Trigger, Reentry Reentry, string Start, IReadOnlyDictionary<string, JourneyNode> Nodes)
{
    /// <summary>Events that make whoever is in the journey leave with success, with the node where.</summary>
    public IReadOnlyDictionary<string, JourneyNode.Goal> Goals { get; } = Nodes.Values.OfType<JourneyNode.Goal>()
        .Where(goal => goal.Event is not null).GroupBy(goal => goal.Event!).ToDictionary(same => same.Key, same => same.First());
}

internal enum ReentryRule
{
    Never,
    After,
    Always,
}

/// <param name="Days">For <see cref="ReentryRule.After"/>: since the last entry.</param>
internal sealed record Reentry(ReentryRule Rule, int Days);

internal abstract record JourneyTrigger(Criterion? Criteria)
{
    /// <summary>What the row of the journey is found by.</summary>
    public abstract string On { get; }

    /// <param name="Event">See <see cref="JourneyEvents"/>; of an added tag with the tag.</param>
    internal sealed record Event(string Kind, Criterion? Criteria) : JourneyTrigger(Criteria)
    {
        public override string On => Kind;
    }

    /// <param name="Existing">Who is in the segment when the journey begins enters too.</param>
    internal sealed record Segment(Guid SegmentId, bool Existing, Criterion? Criteria) : JourneyTrigger(Criteria)
    {
        public override string On => "segmentEntered";
    }

    /// <param name="Years">Only that many years after; null: every year.</param>
    internal sealed record Date(DateField Field, int Hour, int DaysBefore, int? Years, LeapDayRule LeapDay, Criterion? Criteria) : JourneyTrigger(Criteria)
    {
        public override string On => "date";
    }

    /// <summary>Only who is put in by name.</summary>
    internal sealed record Manual(Criterion? Criteria) : JourneyTrigger(Criteria)
    {
        public override string On => "manual";
    }
}

/// <param name="Minutes">From now.</param>
/// <param name="Weekday">Then on until that day in the person's zone.</param>
/// <param name="At">Then on until that time of day in the person's zone.</param>
internal sealed record WaitTime(int Minutes, DayOfWeek? Weekday, TimeOnly? At)
{
    public DateTimeOffset After(DateTimeOffset now, TimeZoneInfo zone)
    {
        var earliest = now.AddMinutes(Minutes);
        if (At is null && Weekday is null) return earliest;
        // Without a duration "at nine" at nine sharp means tomorrow: a loop over it turns once a day.
        return LocalClock.Next(Minutes == 0 ? earliest.AddTicks(1) : earliest, At ?? TimeOnly.MinValue, Weekday, zone);
    }
}

internal abstract record JourneyNode(string Id)
{
    /// <summary>Ids of the nodes that may follow, with the member of the definition that names each.</summary>
    public abstract IEnumerable<(string Member, string Target)> Edges { get; }

    internal sealed record Wait(string Id, WaitTime Time, string Next) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [("next", Next)];
    }

    /// <param name="Event">One of these two is given.</param>
    internal sealed record WaitUntil(string Id, string? Event, Criterion? Criteria, int TimeoutMinutes, string Next, string Otherwise) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [("next", Next), ("otherwise", Otherwise)];
    }

    internal sealed record Branch(string Id, IReadOnlyList<(Criterion Criteria, string Next)> Branches, string Otherwise) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges =>
            [.. Branches.Select((branch, index) => ($"branches[{index}].next", branch.Next)), ("otherwise", Otherwise)];
    }

    /// <param name="Paths">Shares in hundredths of a percent; 10,000 together.</param>
    internal sealed record Split(string Id, IReadOnlyList<(int Share, string Next)> Paths) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => Paths.Select((path, index) => ($"paths[{index}].next", path.Next));
    }

    internal sealed record Send(string Id, string Channel, Guid TemplateId, string SenderName, string FromAddress, string Next) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [("next", Next)];
    }

    internal sealed record Tag(string Id, IReadOnlyList<string> Add, IReadOnlyList<string> Remove, string Next) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [("next", Next)];
    }

    /// <param name="Message">The action that sends whose campaign the points are counted with; null: none.</param>
    internal sealed record Points(string Id, long Amount, string Reason, string? Message, string Next) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [("next", Next)];
    }

    internal sealed record Case(string Id, string Type, string Priority, string Subject, string Description, string Next) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [("next", Next)];
    }

    /// <summary>The end with success; with an event, from wherever in the journey somebody is when it happens.</summary>
    internal sealed record Goal(string Id, string? Event) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [];
    }

    internal sealed record Exit(string Id) : JourneyNode(Id)
    {
        public override IEnumerable<(string Member, string Target)> Edges => [];
    }
}
