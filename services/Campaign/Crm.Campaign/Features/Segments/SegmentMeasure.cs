using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Segments;

/// <param name="Day">In UTC.</param>
/// <param name="Joined">Customers who came in on that day, as far as it was measured.</param>
public sealed record SegmentSize(DateOnly Day, long Size, long Joined, long Departed, DateTimeOffset MeasuredAt);

/// <summary>
/// Compares who is in a segment with who was when it was last measured, slice by slice of the audience, in one transaction. Measured again
/// on the same day, the day's differences add up.
/// </summary>
internal static class SegmentMeasure
{
    private const string Columns = "day, size, joined, departed, measured_at";

    /// <param name="unlessMeasured">Nothing is done where the day has its measurement already.</param>
    /// <returns>Null while somebody else measures the same segment, or where nothing was done.</returns>
    public static async Task<SegmentSize?> MeasureAsync(
        SegmentRow segment, AudienceOptions options, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken, bool unlessMeasured = false)
    {
        var alone = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('measure ' || @id, 0))", new { id = segment.Id.ToString() }, cancellationToken);
        if (!alone) return null;
        var now = time.GetUtcNow();
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        if (unlessMeasured && (await SizesAsync(segment.Id, day, unitOfWork, cancellationToken)).Count > 0) return null;

        await AudienceQuery.PlanForValuesAsync(unitOfWork, cancellationToken);
        var criterion = CriteriaParser.ParseStored(segment.Criteria);
        var (after, size, joined, departed) = (Guid.Empty, 0L, 0L, 0L);
        while (await NextAsync(after, options.MeasureSlice, unitOfWork, cancellationToken) is { } upTo)
        {
            var compiled = CriteriaCompiler.Compile(criterion, now, bounded: true);
            compiled.Parameters.Add("id", segment.Id);
            compiled.Parameters.Add("after", after);
            compiled.Parameters.Add("upTo", upTo);
            var slice = (await unitOfWork.QuerySingleOrDefaultAsync<Slice>(
                $"""
                WITH present AS MATERIALIZED (
                    SELECT a.customer_id FROM audience a
                    WHERE a.customer_id > @after AND a.customer_id <= @upTo AND a.profile_version IS NOT NULL AND {compiled.Sql}),
                departed AS (
                    DELETE FROM segment_members m WHERE m.segment_id = @id AND m.customer_id > @after AND m.customer_id <= @upTo
                        AND NOT EXISTS (SELECT 1 FROM present p WHERE p.customer_id = m.customer_id) RETURNING 1),
                joined AS (
                    INSERT INTO segment_members (segment_id, customer_id) SELECT @id, customer_id FROM present ON CONFLICT DO NOTHING RETURNING 1)
                SELECT (SELECT count(*) FROM present) AS size, (SELECT count(*) FROM joined) AS joined, (SELECT count(*) FROM departed) AS departed
                """,
                compiled.Parameters,
                cancellationToken))!;
            (after, size, joined, departed) = (upTo, size + slice.Size, joined + slice.Joined, departed + slice.Departed);
        }

        return await unitOfWork.QuerySingleOrDefaultAsync<SegmentSize>(
            $"""
            INSERT INTO segment_sizes (segment_id, day, size, joined, departed, measured_at) VALUES (@Id, @day, @size, @joined, @departed, @now)
            ON CONFLICT (segment_id, day) DO UPDATE SET size = excluded.size, joined = segment_sizes.joined + excluded.joined,
                departed = segment_sizes.departed + excluded.departed, measured_at = excluded.measured_at
            RETURNING {Columns}
            """,
            new { segment.Id, day, size, joined, departed, now },
            cancellationToken);
    }

    public static Task<IReadOnlyList<SegmentSize>> SizesAsync(Guid id, DateOnly from, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<SegmentSize>(
            $"SELECT {Columns} FROM segment_sizes WHERE segment_id = @id AND day >= @from ORDER BY day", new { id, from }, cancellationToken);

    private static Task<Guid?> NextAsync(Guid after, int slice, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            """
            SELECT customer_id FROM (SELECT customer_id FROM audience WHERE customer_id > @after ORDER BY customer_id LIMIT @slice) slice
            ORDER BY customer_id DESC LIMIT 1
            """,
            new { after, slice },
            cancellationToken);

    private sealed record Slice(long Size, long Joined, long Departed);
}
