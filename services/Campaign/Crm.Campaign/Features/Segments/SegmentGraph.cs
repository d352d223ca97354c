using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Segments;

/// <param name="Expanded">The criteria with those of the segments that they name; null where they name none.</param>
/// <param name="Uses">Segments that they name.</param>
internal sealed record CheckedCriteria(Criterion Criterion, string? Expanded, Guid[] Uses);

/// <summary>
/// Segments that name other segments. What each means is stored whole beside it, so that nobody who asks has to look others up; a change
/// goes through to those that use it in the same transaction. A segment never leads back to itself.
/// </summary>
internal sealed class SegmentGraph(UnitOfWork unitOfWork)
{
    /// <summary>Segments in a row, one naming the next.</summary>
    private const int MaxChain = 10;

    /// <summary>Segments that use the segment <c>@id</c>, directly or by others.</summary>
    private const string Affected =
        """
        WITH RECURSIVE affected (id) AS (
            SELECT segment_id FROM segment_references WHERE uses_id = @id
            UNION SELECT r.segment_id FROM segment_references r JOIN affected a ON r.uses_id = a.id)
        """;

    /// <param name="id">The segment that is to get the criteria; null where they stand alone.</param>
    public async Task<Result<CheckedCriteria>> CheckAsync(Guid? id, JsonElement criteria, CancellationToken cancellationToken)
    {
        if (!CriteriaParser.Read(criteria).TryGet(out var parsed, out var error)) return error;
        if (await UnknownListAsync(parsed.Lists, cancellationToken) is { } unknownList) return unknownList;
        if (parsed.Segments.Count == 0) return new CheckedCriteria(parsed.Criterion, null, []);

        var uses = parsed.Segments.Select(reference => reference.Id).Distinct().ToArray();
        var used = (await unitOfWork.QueryAsync<Node>(
            "SELECT id, name, coalesce(expanded, criteria)::text AS criteria FROM segments WHERE id = ANY(@uses)", new { uses }, cancellationToken)).ToDictionary(node => node.Id);
        foreach (var reference in parsed.Segments)
        {
            if (!used.ContainsKey(reference.Id)) return CampaignErrors.UnknownSegment(reference.Path);
            if (id is { } self && await CycleAsync(self, reference, cancellationToken) is { } cycle) return cycle;
        }

        var expanded = Expand(criteria.GetRawText(), segment => used[segment].Criteria);
        return CriteriaParser.ReadExpanded(expanded).TryGet(out var whole, out var tooLong)
            ? ChainOf(whole.Criterion) > MaxChain
                ? Error.Unprocessable("campaign.criteria_too_deep", $"At most {MaxChain} segments name each other in a row.", parsed.Segments[0].Path)
                : new CheckedCriteria(whole.Criterion, expanded, uses)
            : tooLong with { Field = parsed.Segments[0].Path };
    }

    /// <summary>
    /// Writers go one after the other: of two that name each other one sees the other. The rows that a change of the segment will write
    /// are locked in the order of their ids, as a launch does.
    /// </summary>
    public async Task LockAsync(Guid? id, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('segment references', 0))", null, cancellationToken);
        if (id is null) return;
        await unitOfWork.ExecuteAsync(
            $"SELECT 1 FROM segments WHERE id = @id OR id IN ({Affected} SELECT id FROM affected) ORDER BY id FOR NO KEY UPDATE", new { id }, cancellationToken);
    }

    /// <summary>Stores whom the segment uses, and what those that use it mean now; their refusal, if one of them gets too long by it.</summary>
    public async Task<Error?> ConnectAsync(Guid id, Guid[] uses, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            DELETE FROM segment_references WHERE segment_id = @id AND uses_id <> ALL(@uses);
            INSERT INTO segment_references (segment_id, uses_id) SELECT @id, u FROM unnest(@uses) AS u ON CONFLICT DO NOTHING
            """,
            new { id, uses },
            cancellationToken);
        var affected = (await unitOfWork.QueryAsync<Node>(
            $"{Affected} SELECT s.id, s.name, s.criteria::text AS criteria FROM affected JOIN segments s ON s.id = affected.id",
            new { id },
            cancellationToken)).ToDictionary(node => node.Id);
        if (affected.Count == 0) return null;

        var known = (await unitOfWork.QueryAsync<Node>(
            """
            SELECT s.id, s.name, coalesce(s.expanded, s.criteria)::text AS criteria FROM segments s
            WHERE s.id IN (SELECT uses_id FROM segment_references WHERE segment_id = ANY(@ids))
            """,
            new { ids = affected.Keys.ToArray() },
            cancellationToken)).ToDictionary(node => node.Id, node => node.Criteria);
        foreach (var node in affected.Keys) known.Remove(node);
        foreach (var node in affected.Values)
        {
            var expanded = Meaning(node.Id);
            if (!CriteriaParser.ReadExpanded(expanded).TryGet(out var whole, out _) || ChainOf(whole.Criterion) > MaxChain)
            {
                return Error.Unprocessable(
                    "campaign.criteria_too_long",
                    $"With this, the segment '{node.Name}', which uses this one, would have more than {CriteriaParser.MaxExpandedClauses} comparisons or {MaxChain} segments in a row.",
                    "criteria");
            }

            await unitOfWork.ExecuteAsync("UPDATE segments SET expanded = @expanded::jsonb WHERE id = @Id", new { node.Id, expanded }, cancellationToken);
        }

        return null;

        string Meaning(Guid segment) => known.TryGetValue(segment, out var meaning) ? meaning : known[segment] = Expand(affected[segment].Criteria, Meaning);
    }

    private static string Expand(string criteria, Func<Guid, string> meaningOf)
    {
        var root = Read(criteria)!;
        Visit(root);
        return root.ToJsonString();

        static JsonNode? Read(string json) => JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = CriteriaParser.MaxExpandedDepth });

        void Visit(JsonNode? node)
        {
            if (node is JsonArray array)
            {
                foreach (var item in array) Visit(item);
            }
            else if (node is JsonObject one)
            {
                if (one.Count == 1 && one["segment"] is { } segment)
                {
                    one["criteria"] = Read(meaningOf(segment.GetValue<Guid>()));
                    return;
                }

                Visit(one["all"] ?? one["any"] ?? one["not"]);
            }
        }
    }

    private static int ChainOf(Criterion criterion) => criterion switch
    {
        Criterion.All all => all.Parts.Select(ChainOf).DefaultIfEmpty(0).Max(),
        Criterion.Any any => any.Parts.Max(ChainOf),
        Criterion.Not not => ChainOf(not.Part),
        Criterion.InSegment { Criteria: { } criteria } => 1 + ChainOf(criteria),
        _ => 0,
    };

    private async Task<Error?> UnknownListAsync(IReadOnlyList<Reference> lists, CancellationToken cancellationToken)
    {
        if (lists.Count == 0) return null;
        var known = await unitOfWork.QueryAsync<Guid>("SELECT id FROM lists WHERE id = ANY(@ids)", new { ids = lists.Select(list => list.Id).ToArray() }, cancellationToken);
        return lists.FirstOrDefault(list => !known.Contains(list.Id)) is { } unknown ? AudienceErrors.UnknownList(unknown.Path) : null;
    }

    private async Task<Error?> CycleAsync(Guid self, Reference reference, CancellationToken cancellationToken)
    {
        var names = await unitOfWork.QuerySingleOrDefaultAsync<string[]>(
            """
            WITH RECURSIVE way (id, ids) AS (
                SELECT @from::uuid, ARRAY[@from::uuid]
                UNION ALL SELECT r.uses_id, way.ids || r.uses_id FROM segment_references r JOIN way ON r.segment_id = way.id
                WHERE way.id <> @self AND r.uses_id <> ALL(way.ids))
            SELECT ARRAY(SELECT s.name FROM unnest(@self::uuid || way.ids) WITH ORDINALITY AS step (id, place) JOIN segments s ON s.id = step.id ORDER BY place)
            FROM way WHERE id = @self ORDER BY array_length(ids, 1) LIMIT 1
            """,
            new { self, from = reference.Id },
            cancellationToken);
        return names is null ? null : Error.Unprocessable("campaign.segment_cycle", $"A segment cannot lead back to itself: {string.Join(" → ", names)}.", reference.Path);
    }

    private sealed record Node(Guid Id, string Name, string Criteria);
}
