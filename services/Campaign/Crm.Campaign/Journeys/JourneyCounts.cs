using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Journeys;

/// <summary>
/// Changes of the counters of one transaction. They are written last and in one order, so that whoever holds one waits for nothing else.
/// </summary>
internal sealed class JourneyCounts(Guid journeyId)
{
    private const int Shards = 8;
    private readonly Dictionary<(int Version, string Node), (int Waiting, int Passed, int Left)> _changes = [];

    public void Add(int version, string node, int waiting = 0, int passed = 0, int left = 0)
    {
        var before = _changes.GetValueOrDefault((version, node));
        _changes[(version, node)] = (before.Waiting + waiting, before.Passed + passed, before.Left + left);
    }

    public async Task WriteAsync(UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changes = _changes.Where(change => change.Value != default).OrderBy(change => change.Key.Version).ThenBy(change => change.Key.Node, StringComparer.Ordinal).ToArray();
        if (changes.Length == 0) return;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO journey_counts (journey_id, version, node, shard, waiting, passed, left_here)
            SELECT @journeyId, c.version, c.node, pg_backend_pid() % @Shards, c.waiting, c.passed, c.left_here
            FROM unnest(@versions, @nodes, @waiting, @passed, @left) WITH ORDINALITY AS c (version, node, waiting, passed, left_here, place) ORDER BY c.place
            ON CONFLICT (journey_id, version, node, shard) DO UPDATE SET waiting = journey_counts.waiting + excluded.waiting,
                passed = journey_counts.passed + excluded.passed, left_here = journey_counts.left_here + excluded.left_here
            """,
            new
            {
                journeyId, Shards,
                versions = changes.Select(change => change.Key.Version).ToArray(),
                nodes = changes.Select(change => change.Key.Node).ToArray(),
                waiting = changes.Select(change => change.Value.Waiting).ToArray(),
                passed = changes.Select(change => change.Value.Passed).ToArray(),
                left = changes.Select(change => change.Value.Left).ToArray(),
            },
            cancellationToken);
    }
}
