using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Segments;

public sealed record PreviewRequest(JsonElement Criteria, string Channel = "email");

/// <summary>See <see cref="CountResponse"/>.</summary>
public sealed record PreviewResponse(
    string Channel, long Matching, long Reachable, IReadOnlyDictionary<string, long> Excluded, IReadOnlyList<SampledCustomer> Sample);

public sealed record SampledCustomer(
    Guid CustomerId, string DisplayName, string? City, string? Language, long PurchaseCount, double? PAlive, double? ClvPercentile, string? Exclusion);

/// <summary>What a segment means at this moment, before or without saving it.</summary>
internal static class PreviewSegment
{
    private const int SampleSize = 10;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/segments/preview", async (
                PreviewRequest request, UnitOfWork unitOfWork, IOptions<AudienceOptions> options, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, options.Value, time, cancellationToken)).ToOk())
            .WithMetadata(new NoEffectAttribute())
            .WithName("PreviewSegment").WithSummary("Live count, exclusions and a sample").AllowRoles([.. Roles.Marketing, Roles.Analyst]);

    private static async Task<Result<PreviewResponse>> HandleAsync(
        PreviewRequest request, UnitOfWork unitOfWork, AudienceOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!(await new SegmentGraph(unitOfWork).CheckAsync(null, request.Criteria, cancellationToken)).TryGet(out var criteria, out var error)) return error;
        if (!(await AudienceQuery.CountAsync(criteria.Criterion, request.Channel, options, unitOfWork, time, cancellationToken)).TryGet(out var counts, out error)) return error;

        var compiled = CriteriaCompiler.Compile(criteria.Criterion, counts.CountedAt);
        compiled.Parameters.Add("SampleSize", SampleSize);
        var sample = await AudienceQuery.WithinAsync(options.CountTimeout, unitOfWork, () => unitOfWork.QueryAsync<SampledCustomer>(
            $"""
            SELECT a.customer_id, a.display_name, a.city, a.language, a.purchase_count, a.p_alive, a.clv_percentile, {Eligibility.ReasonSql(request.Channel)} AS exclusion
            FROM audience a WHERE a.profile_version IS NOT NULL AND {compiled.Sql}
            ORDER BY a.customer_id LIMIT @SampleSize
            """,
            compiled.Parameters,
            cancellationToken), cancellationToken);
        return sample.TryGet(out var customers, out error) ? new PreviewResponse(counts.Channel, counts.Matching, counts.Reachable, counts.Excluded, customers) : error;
    }
}
