using System.Text.Json;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Quality;

/// <summary>
/// How complete and how fresh a record is, 0 to 100 each, and what to fill. Completeness adds the weights of what is known; freshness is 100
/// for half a year after the last change or purchase and falls to 0 in the year and a half after that.
/// </summary>
internal static class RecordQuality
{
    /// <summary>What is asked of a record, what it weighs, and how SQL tells that it is there.</summary>
    private static readonly (string Field, int Weight, string Known)[] Criteria =
    [
        ("email", 15, "c.email IS NOT NULL"), ("phone", 20, "c.phone IS NOT NULL"), ("address", 15, "c.city IS NOT NULL"), ("birthDate", 10, "c.birth_date IS NOT NULL"),
        ("gender", 5, "c.gender IS NOT NULL"), ("interests", 5, "(cardinality(c.interests) > 0 OR c.preferences <> '[]')"), ("owner", 10, "c.owner_id IS NOT NULL"),
        ("consents", 10, "EXISTS (SELECT FROM consents k WHERE k.customer_id = c.id)"),
        ("verifiedContact", 10, "EXISTS (SELECT FROM contact_points p WHERE p.customer_id = c.id AND p.verified_at IS NOT NULL AND p.bounced_at IS NULL)"),
    ];

    private static readonly string Completeness = string.Join(" + ", Criteria.Select(criterion => $"CASE WHEN {criterion.Known} THEN {criterion.Weight} ELSE 0 END"));
    private const string Freshness =
        "round(greatest(0, least(100, 100 * (730 - extract(epoch FROM @now - greatest(c.changed_at, a.last_purchased_at)) / 86400) / 550)))::int";

    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    internal sealed record Missing(string Field, int Weight);

    internal sealed record Response(Guid CustomerId, int Completeness, int Freshness, IReadOnlyList<Missing> Missing);

    internal sealed record BaseResponse(long Customers, double Completeness, double Freshness, IReadOnlyList<BaseMissing> Missing, DateTimeOffset ComputedAt);

    internal sealed record BaseMissing(string Field, int Weight, long Customers);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/quality", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await OfOneAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("GetCustomerQuality").AllowRoles(Roles.Staff);
        api.MapGet("/base-quality", async (UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            TypedResults.Ok(await OfAllAsync(unitOfWork, time, cancellationToken)))
            .WithName("GetBaseQuality").AllowRoles(Roles.Staff);
    }

    private static async Task<Result<Response>> OfOneAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"""
            SELECT {Completeness} AS completeness, {Freshness} AS freshness, ARRAY[{string.Join(", ", Criteria.Select(criterion => criterion.Known))}] AS known
            FROM customers c LEFT JOIN customer_activity a ON a.customer_id = c.id WHERE c.id = @id AND c.erased_at IS NULL
            """,
            new { id, now = time.GetUtcNow() },
            cancellationToken);
        if (row is null) return CustomerErrors.NotFound;
        return new Response(id, row.Completeness, row.Freshness, [.. Criteria.Where((_, i) => !row.Known[i]).OrderByDescending(criterion => criterion.Weight).Select(criterion => new Missing(criterion.Field, criterion.Weight))]);
    }

    /// <summary>Counted anew when the last count is older than ten minutes; one reader counts, the others get the last one meanwhile.</summary>
    private static async Task<BaseResponse> OfAllAsync(UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var kept = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT result::text FROM base_quality", null, cancellationToken) is { } json
            ? JsonSerializer.Deserialize<BaseResponse>(json, JsonSerializerOptions.Web)
            : null;
        if (kept is not null && (now - kept.ComputedAt < KeptFor
            || !await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT pg_try_advisory_xact_lock(hashtextextended('base quality', 0))", null, cancellationToken))) return kept;

        var row = (await unitOfWork.QuerySingleOrDefaultAsync<BaseRow>(
            $"""
            SELECT count(*) AS customers, coalesce(avg({Completeness}), 0)::float8 AS completeness, coalesce(avg({Freshness}), 0)::float8 AS freshness,
                   ARRAY[{string.Join(", ", Criteria.Select(criterion => $"count(*) FILTER (WHERE NOT ({criterion.Known}))"))}] AS missing
            FROM customers c LEFT JOIN customer_activity a ON a.customer_id = c.id WHERE c.trashed_at IS NULL AND c.merged_into IS NULL AND c.erased_at IS NULL
            """,
            new { now },
            cancellationToken))!;
        var result = new BaseResponse(
            row.Customers, Math.Round(row.Completeness, 1), Math.Round(row.Freshness, 1),
            [.. Criteria.Select((criterion, i) => new BaseMissing(criterion.Field, criterion.Weight, row.Missing[i])).Where(missing => missing.Customers > 0).OrderByDescending(missing => missing.Customers * missing.Weight)], now);
        await unitOfWork.ExecuteAsync(
            "INSERT INTO base_quality (result, computed_at) VALUES (@result::jsonb, @now) ON CONFLICT (single) DO UPDATE SET result = excluded.result, computed_at = excluded.computed_at",
            new { result = JsonSerializer.Serialize(result, JsonSerializerOptions.Web), now },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken); // a read commits nothing of itself
        return result;
    }

    private sealed class Row
    {
        public int Completeness { get; init; }
        public int Freshness { get; init; }
        public bool[] Known { get; init; } = [];
    }

    private sealed class BaseRow
    {
        public long Customers { get; init; }
        public double Completeness { get; init; }
        public double Freshness { get; init; }
        public long[] Missing { get; init; } = [];
    }
}
