using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

public sealed record PreviewRequest(JsonElement Criteria);

/// <param name="Matching">Customers that the criteria mean.</param>
/// <param name="Reachable">Of these, who would be written to by e-mail now.</param>
/// <param name="Excluded">Of these, who would not, by reason: no_email, no_consent, suppressed.</param>
public sealed record PreviewResponse(long Matching, long Reachable, IReadOnlyDictionary<string, long> Excluded, IReadOnlyList<SampledCustomer> Sample);

public sealed record SampledCustomer(
    Guid CustomerId, string DisplayName, string? City, string? Language, long PurchaseCount, double? PAlive, double? ClvPercentile, string? Exclusion);

/// <summary>What a segment means at this moment, before or without saving it.</summary>
internal static class PreviewSegment
{
    private const int SampleSize = 10;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/segments/preview", async (PreviewRequest request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, time, cancellationToken)).ToOk())
            .WithMetadata(new NoEffectAttribute())
            .WithName("PreviewSegment").WithSummary("Live count, exclusions and a sample").AllowRoles([.. Roles.Marketing, Roles.Analyst]);

    private static async Task<Result<PreviewResponse>> HandleAsync(
        PreviewRequest request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!CriteriaParser.Parse(request.Criteria).TryGet(out var criterion, out var error)) return error;

        var counts = await CountAsync(criterion, unitOfWork, time, cancellationToken);
        var compiled = CriteriaCompiler.Compile(criterion, time.GetUtcNow());
        compiled.Parameters.Add("SampleSize", SampleSize);
        var sample = await unitOfWork.QueryAsync<SampledCustomer>(
            $"""
            SELECT a.customer_id, a.display_name, a.city, a.language, a.purchase_count, a.p_alive, a.clv_percentile, {Eligibility.ReasonSql("email")} AS exclusion
            FROM audience a WHERE a.profile_version IS NOT NULL AND {compiled.Sql}
            ORDER BY a.customer_id LIMIT @SampleSize
            """,
            compiled.Parameters,
            cancellationToken);
        return new PreviewResponse(counts.Matching, counts.Reachable, counts.Excluded, sample);
    }

    public static async Task<CountResponse> CountAsync(
        Criterion criterion, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var compiled = CriteriaCompiler.Compile(criterion, now);
        var rows = await unitOfWork.QueryAsync<ReasonCount>(
            $"""
            SELECT {Eligibility.ReasonSql("email")} AS reason, count(*) AS customers
            FROM audience a WHERE a.profile_version IS NOT NULL AND {compiled.Sql} GROUP BY 1
            """,
            compiled.Parameters,
            cancellationToken);
        var excluded = rows.Where(row => row.Reason is not null).ToDictionary(row => row.Reason!, row => row.Customers);
        var reachable = rows.Where(row => row.Reason is null).Sum(row => row.Customers);
        return new CountResponse(reachable + excluded.Values.Sum(), reachable, excluded, now);
    }

    private sealed record ReasonCount(string? Reason, long Customers);
}
