using System.Globalization;
using Crm.Campaign.Domain.Planning;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Postgres;
using Dapper;

namespace Crm.Campaign.Features.Calendar;

/// <summary>How far the segments of neighbouring campaigns are the same people, as of now.</summary>
internal static class SegmentOverlaps
{
    /// <summary>More would make a statement that nobody waits for.</summary>
    private const int MaxSegments = 30;

    /// <returns>Overlaps of at least <paramref name="percent"/> of the smaller segment; null where it takes too long, or too many segments are concerned.</returns>
    public static async Task<IReadOnlyDictionary<(Guid, Guid), SegmentOverlap>?> FindAsync(
        IReadOnlyList<(Guid, Guid)> pairs, double percent, AudienceOptions options, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (pairs.Count == 0) return new Dictionary<(Guid, Guid), SegmentOverlap>();
        var segments = pairs.SelectMany(pair => new[] { pair.Item1, pair.Item2 }).Distinct().Order().ToArray();
        if (segments.Length > MaxSegments) return null;

        var criteria = new List<Criterion>(segments.Length);
        foreach (var id in segments) criteria.Add(CriteriaParser.ParseStored((await GetSegment.FindAsync(id, unitOfWork, cancellationToken))!.Criteria));
        var (conditions, parameters) = CriteriaCompiler.CompileAll(criteria, time.GetUtcNow());

        // One walk over the audience, whatever the number of segments. An array, because a function takes a hundred arguments only and 30 segments make 465 counts.
        var columns = string.Join(", ", conditions.Select((condition, index) => $"{condition} AS s{index}"));
        var sizes = segments.Select((_, index) => $"count(*) FILTER (WHERE s{index})");
        var shared = pairs.Select(pair => $"count(*) FILTER (WHERE s{Array.IndexOf(segments, pair.Item1)} AND s{Array.IndexOf(segments, pair.Item2)})");
        var counted = await AudienceQuery.WithinAsync(
            options.CountTimeout, unitOfWork,
            () => CountAsync($"SELECT array_to_string(ARRAY[{string.Join(", ", sizes.Concat(shared))}], ',') FROM (SELECT {columns} FROM audience a WHERE a.profile_version IS NOT NULL) x", parameters, unitOfWork, cancellationToken),
            cancellationToken);
        if (counted.Error is not null) return null;

        var counts = counted.Value;
        return pairs.Select((pair, index) => (pair, Overlap: new SegmentOverlap(
                counts[segments.Length + index], Math.Min(counts[Array.IndexOf(segments, pair.Item1)], counts[Array.IndexOf(segments, pair.Item2)]))))
            .Where(one => one.Overlap.Shared > 0 && one.Overlap.Percent >= percent).ToDictionary(one => one.pair, one => one.Overlap);
    }

    private static async Task<long[]> CountAsync(string sql, DynamicParameters parameters, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        (await unitOfWork.QuerySingleOrDefaultAsync<string>(sql, parameters, cancellationToken))!.Split(',').Select(count => long.Parse(count, CultureInfo.InvariantCulture)).ToArray();
}
