using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Journeys;

/// <summary>Whether a definition's nodes make a journey: all reachable, none without a way out, no circle that never waits.</summary>
internal static class DefinitionGraph
{
    public static Result<JourneyDefinition> Check(JourneyDefinition definition)
    {
        var nodes = definition.Nodes;
        var places = nodes.Keys.Select((id, index) => (id, index)).ToDictionary(pair => pair.id, pair => $"definition.nodes[{pair.index}]");
        if (!nodes.ContainsKey(definition.Start)) return Error.Unprocessable("campaign.journey_unknown_node", $"There is no node '{definition.Start}'.", "definition.start");
        foreach (var node in nodes.Values)
        {
            foreach (var (member, target) in node.Edges)
            {
                if (!nodes.ContainsKey(target)) return Error.Unprocessable("campaign.journey_unknown_node", $"There is no node '{target}'.", $"{places[node.Id]}.{member}");
            }
        }

        if (nodes.Values.OfType<JourneyNode.Points>().FirstOrDefault(points => points.Message is { } message && nodes.GetValueOrDefault(message) is not JourneyNode.Send) is { } lone)
        {
            return Error.Unprocessable("campaign.journey_unknown_node", $"There is no action '{lone.Message}' that sends.", $"{places[lone.Id]}.message");
        }

        var reached = Walk([definition.Start], id => nodes[id].Edges.Select(edge => edge.Target));
        if (nodes.Values.FirstOrDefault(node => !reached.Contains(node.Id) && node is not JourneyNode.Goal { Event: not null }) is { } lost)
        {
            return Error.Unprocessable("campaign.journey_unreachable", $"No way leads to '{lost.Id}'.", places[lost.Id]);
        }

        if (CircleWithoutWait(nodes) is { } circling) return Error.Unprocessable("campaign.journey_loop", $"From '{circling}' a way leads back to it without a wait.", places[circling]);

        var before = nodes.Values.SelectMany(node => node.Edges.Select(edge => (edge.Target, node.Id))).ToLookup(edge => edge.Target, edge => edge.Id);
        var ending = Walk(nodes.Values.Where(node => node is JourneyNode.Exit or JourneyNode.Goal).Select(node => node.Id), id => before[id]);
        if (nodes.Keys.FirstOrDefault(id => !ending.Contains(id)) is { } endless)
        {
            return Error.Unprocessable("campaign.journey_no_exit", $"From '{endless}' no way leads to an exit or goal.", places[endless]);
        }

        return definition;
    }

    /// <summary>The nodes of one definition in an order in which each comes after those that lead to it without waiting.</summary>
    public static IReadOnlyList<string> InOrder(JourneyDefinition definition)
    {
        var order = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in definition.Nodes.Keys) Visit(id);
        order.Reverse();
        return order;

        void Visit(string id)
        {
            if (!seen.Add(id)) return;
            var node = definition.Nodes[id];
            if (!Waits(node)) foreach (var (_, target) in node.Edges) Visit(target);
            order.Add(id);
        }
    }

    /// <summary>
    /// Criteria that hold already are no wait: a circle over them would never stop. An event that is waited for is one to come.
    /// </summary>
    private static bool Waits(JourneyNode node) => node is JourneyNode.Wait or JourneyNode.WaitUntil { Event: not null };

    private static HashSet<string> Walk(IEnumerable<string> from, Func<string, IEnumerable<string>> next)
    {
        var seen = new HashSet<string>(from, StringComparer.Ordinal);
        var queue = new Queue<string>(seen);
        while (queue.TryDequeue(out var id))
        {
            foreach (var target in next(id)) if (seen.Add(target)) queue.Enqueue(target);
        }

        return seen;
    }

    private static string? CircleWithoutWait(IReadOnlyDictionary<string, JourneyNode> nodes)
    {
        var state = new Dictionary<string, bool>(StringComparer.Ordinal); // false: on the way, true: done
        return nodes.Keys.Select(Visit).FirstOrDefault(found => found is not null);

        string? Visit(string id)
        {
            if (state.TryGetValue(id, out var done)) return done ? null : id;
            state[id] = false;
            if (!Waits(nodes[id]))
            {
                foreach (var (_, target) in nodes[id].Edges)
                {
                    if (Visit(target) is { } found) return found;
                }
            }

            state[id] = true;
            return null;
        }
    }
}
