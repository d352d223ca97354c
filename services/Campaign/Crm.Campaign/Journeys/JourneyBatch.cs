using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <summary>
/// Takes contacts of one journey whose timers are due as far as they go, all together and in one transaction: their rows, log, counters,
/// messages in the ledger and events for other services. Dying anywhere undoes all of it, and another worker takes them anew. The steps of
/// one batch are done node by node, so that a branch is one statement for all who come to it.
/// </summary>
internal sealed class JourneyBatch(UnitOfWork unitOfWork, JourneyCatalogue catalogue, JourneyActions actions, TimeProvider time, IOptions<JourneyOptions> options)
{
    /// <summary>More steps than that: the definition goes round and round with somebody.</summary>
    private const int MaxSteps = 2_000;

    private readonly List<(Guid EntryId, int Step, string Node, string Outcome)> _log = [];
    private readonly Dictionary<string, List<WaitingEntry>> _at = new(StringComparer.Ordinal);
    private JourneyCounts _counts = null!;
    private PublishedJourney _journey = null!;
    private DateTimeOffset _now;

    /// <summary>How many timers were taken; the caller commits.</summary>
    public async Task<int> RunAsync(Guid journeyId, CancellationToken cancellationToken)
    {
        // Held until the commit: a pause waits for the batches that have begun and no other begins.
        if (await RunningJourney.LockAsync(journeyId, unitOfWork, cancellationToken) is not { } running) return 0;

        _now = time.GetUtcNow();
        _counts = new JourneyCounts(journeyId);
        var due = await unitOfWork.QueryAsync<WaitingEntry>(
            """
            WITH due AS (
                SELECT entry_id, customer_id, occasion, version, node, step, node_since, waits_for, heard FROM journey_entries
                WHERE journey_id = @journeyId AND state = 'waiting' AND due_at <= @_now ORDER BY due_at LIMIT @BatchSize FOR NO KEY UPDATE SKIP LOCKED)
            SELECT due.*, a.time_zone, a.language FROM due LEFT JOIN audience a ON a.customer_id = due.customer_id
            """,
            new { journeyId, _now, options.Value.BatchSize },
            cancellationToken);
        if (due.Count == 0) return 0;

        foreach (var same in due.GroupBy(entry => entry.Version).OrderBy(group => group.Key))
        {
            _journey = await catalogue.GetAsync(journeyId, same.Key, unitOfWork, cancellationToken);
            foreach (var entry in same) Begin(entry);
            foreach (var id in _journey.Order)
            {
                if (_at.Remove(id, out var here)) await StepAsync(_journey.Definition.Nodes[id], here, running, cancellationToken);
            }
        }

        await SaveAsync(journeyId, due, cancellationToken);
        return due.Count;
    }

    /// <summary>What became of the wait that is over.</summary>
    private void Begin(WaitingEntry entry)
    {
        _counts.Add(entry.Version, entry.Node, waiting: -1);
        var definition = _journey.Definition;
        if (entry.Node.Length == 0)
        {
            // Has just entered and stands before the first node.
            _counts.Add(entry.Version, "", passed: 1);
            (entry.Node, entry.NodeSince) = (definition.Start, _now);
            Put(entry);
            return;
        }

        if (entry.Heard.Select(kind => definition.Goals.GetValueOrDefault(kind)).FirstOrDefault(goal => goal is not null) is { } goal)
        {
            LeaveAt(entry, goal.Id, "goal", "goal");
            return;
        }

        switch (definition.Nodes[entry.Node])
        {
            case JourneyNode.Wait wait:
                Move(entry, wait.Next, "passed");
                break;
            case JourneyNode.WaitUntil { Event: { } awaited } until:
                var happened = entry.Heard.Contains(awaited);
                Move(entry, happened ? until.Next : until.Otherwise, happened ? "happened" : "timed_out");
                break;
            default:
                Put(entry);
                break;
        }
    }

    private async Task StepAsync(JourneyNode node, List<WaitingEntry> here, RunningJourney running, CancellationToken cancellationToken)
    {
        switch (node)
        {
            case JourneyNode.Wait wait:
                foreach (var entry in here) ParkAt(entry, wait.Time.After(_now, options.Value.ZoneOf(entry.TimeZone)));
                break;
            case JourneyNode.WaitUntil { Event: { } awaited } until:
                foreach (var entry in here) ParkAt(entry, _now.AddMinutes(until.TimeoutMinutes), awaited);
                break;
            case JourneyNode.WaitUntil { Criteria: { } criteria } until:
                await AwaitCriteriaAsync(until, criteria, here, cancellationToken);
                break;
            case JourneyNode.Branch branch:
                await BranchAsync(branch, here, cancellationToken);
                break;
            case JourneyNode.Split split:
                foreach (var entry in here)
                {
                    var next = SplitHash.Choose(_journey.JourneyId, split, entry.CustomerId);
                    Move(entry, next, $"path:{next}");
                }

                break;
            case JourneyNode.Goal goal:
                foreach (var entry in here) LeaveAt(entry, goal.Id, "goal", "goal");
                break;
            case JourneyNode.Exit exit:
                foreach (var entry in here) LeaveAt(entry, exit.Id, "exited", "exit");
                break;
            default:
                await foreach (var (entry, result) in actions.ActAsync(_journey, running, node, here, _now, cancellationToken))
                {
                    if (result is ActionResult.Later later) ParkAt(entry, later.At);
                    else Move(entry, node.Edges.Single().Target, ((ActionResult.Done)result).Outcome);
                }

                break;
        }
    }

    private async Task BranchAsync(JourneyNode.Branch branch, List<WaitingEntry> here, CancellationToken cancellationToken)
    {
        var left = here;
        for (var index = 0; index < branch.Branches.Count && left.Count > 0; index++)
        {
            var (criteria, next) = branch.Branches[index];
            var matching = await MatchingAsync(criteria, left, cancellationToken);
            foreach (var entry in left.Where(entry => matching.Contains(entry.CustomerId))) Move(entry, next, $"branch:{index}");
            left = [.. left.Where(entry => !matching.Contains(entry.CustomerId))];
        }

        foreach (var entry in left) Move(entry, branch.Otherwise, "otherwise");
    }

    private async Task AwaitCriteriaAsync(JourneyNode.WaitUntil until, Criterion criteria, List<WaitingEntry> here, CancellationToken cancellationToken)
    {
        var matching = await MatchingAsync(criteria, here, cancellationToken);
        foreach (var entry in here)
        {
            var since = entry.WaitsFor is null ? _now : entry.NodeSince;
            var end = since.AddMinutes(until.TimeoutMinutes);
            if (matching.Contains(entry.CustomerId)) Move(entry, until.Next, "happened");
            else if (end <= _now) Move(entry, until.Otherwise, "timed_out");
            else
            {
                var next = _now + options.Value.RecheckInterval;
                entry.NodeSince = since;
                ParkAt(entry, next < end ? next : end, "criteria");
            }
        }
    }

    /// <summary>The same compiler as a segment's, for these customers.</summary>
    private async Task<HashSet<Guid>> MatchingAsync(Criterion criteria, List<WaitingEntry> entries, CancellationToken cancellationToken)
    {
        var compiled = CriteriaCompiler.Compile(criteria, _now);
        compiled.Parameters.Add("contacts", entries.Select(entry => entry.CustomerId).ToArray());
        return [.. await unitOfWork.QueryAsync<Guid>(
            $"SELECT a.customer_id FROM audience a WHERE a.customer_id = ANY(@contacts) AND a.profile_version IS NOT NULL AND {compiled.Sql}", compiled.Parameters, cancellationToken)];
    }

    private void Put(WaitingEntry entry)
    {
        if (!_at.TryGetValue(entry.Node, out var here)) _at[entry.Node] = here = [];
        here.Add(entry);
    }

    private void Move(WaitingEntry entry, string next, string outcome)
    {
        Log(entry, entry.Node, outcome);
        _counts.Add(entry.Version, entry.Node, passed: 1);
        (entry.Node, entry.NodeSince, entry.WaitsFor) = (next, _now, null);
        if (entry.Step < MaxSteps) Put(entry);
        else LeaveAt(entry, next, "ended", "too_many_steps");
    }

    private void ParkAt(WaitingEntry entry, DateTimeOffset until, string? waitsFor = null)
    {
        entry.Park(until, waitsFor);
        _counts.Add(entry.Version, entry.Node, waiting: 1);
    }

    private void LeaveAt(WaitingEntry entry, string node, string state, string outcome)
    {
        (entry.Node, entry.NodeSince) = (node, _now);
        Log(entry, node, outcome);
        entry.Leave(state, _now);
        _counts.Add(entry.Version, node, left: 1);
    }

    private void Log(WaitingEntry entry, string node, string outcome) => _log.Add((entry.EntryId, ++entry.Step, node, outcome));

    private async Task SaveAsync(Guid journeyId, IReadOnlyList<WaitingEntry> entries, CancellationToken cancellationToken)
    {
        if (entries.FirstOrDefault(entry => !entry.IsParked) is { } lost) throw new InvalidOperationException($"Entry {lost.EntryId} was left at {lost.Node} without a place to wait.");
        await unitOfWork.ExecuteAsync(
            """
            UPDATE journey_entries e SET state = x.state, node = x.node, step = x.step, node_since = x.node_since, due_at = x.due_at, waits_for = x.waits_for, heard = '{}'
            FROM unnest(@customers, @occasions, @states, @nodes, @steps, @since, @due, @waitsFor)
                AS x (customer_id, occasion, state, node, step, node_since, due_at, waits_for)
            WHERE e.journey_id = @journeyId AND e.customer_id = x.customer_id AND e.occasion = x.occasion
            """,
            new
            {
                journeyId,
                customers = entries.Select(entry => entry.CustomerId).ToArray(),
                occasions = entries.Select(entry => entry.Occasion).ToArray(),
                states = entries.Select(entry => entry.State).ToArray(),
                nodes = entries.Select(entry => entry.Node).ToArray(),
                steps = entries.Select(entry => entry.Step).ToArray(),
                since = entries.Select(entry => entry.NodeSince.UtcDateTime).ToArray(),
                due = entries.Select(entry => entry.DueAt.UtcDateTime).ToArray(),
                waitsFor = entries.Select(entry => entry.WaitsFor).ToArray(),
            },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO journey_log (entry_id, step, node, outcome, at)
            SELECT l.entry_id, l.step, l.node, l.outcome, @_now FROM unnest(@entries, @steps, @nodes, @outcomes) AS l (entry_id, step, node, outcome)
            """,
            new
            {
                _now,
                entries = _log.Select(row => row.EntryId).ToArray(),
                steps = _log.Select(row => row.Step).ToArray(),
                nodes = _log.Select(row => row.Node).ToArray(),
                outcomes = _log.Select(row => row.Outcome).ToArray(),
            },
            cancellationToken);
        await _counts.WriteAsync(unitOfWork, cancellationToken);
    }
}

/// <param name="Owner">The rep whom it belongs to.</param>
internal sealed record RunningJourney(Guid Id, string Name, string? Owner, int? DailyLimit)
{
    public static Task<RunningJourney?> LockAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<RunningJourney>(
            "SELECT id, name, owner, daily_limit FROM journeys WHERE id = @id AND state = 'active' FOR SHARE", new { id }, cancellationToken);
}
