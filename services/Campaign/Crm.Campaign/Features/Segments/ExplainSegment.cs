using System.Globalization;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <param name="Exclusion">Why the customer would not be written to on the channel although in the segment; null where nothing speaks against it.</param>
public sealed record ExplainResponse(Guid SegmentId, Guid CustomerId, string Channel, bool Matches, string? Exclusion, ExplainedCriterion Criteria);

/// <param name="Kind">all, any, not, segment, list, comparison.</param>
/// <param name="Actual">The customer's value; absent where nothing is known.</param>
/// <param name="Id">Of the segment or list.</param>
public sealed record ExplainedCriterion(
    string Kind, bool Holds, IReadOnlyList<ExplainedCriterion> Parts, Guid? Id = null, string? Field = null, LabelResponse? Label = null, string? Operator = null,
    object? Value = null, JsonElement? Actual = null);

/// <summary>Why one customer is in a segment or is not, comparison by comparison, asked by the very SQL that selects.</summary>
internal static class ExplainSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments/{id:guid}/explain/{customerId:guid}", async (
                Guid id, Guid customerId, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken, string channel = "email") =>
                (await HandleAsync(id, customerId, channel, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ExplainSegment").WithSummary("Why a customer is in it or not").AllowRoles([.. Roles.Marketing, Roles.Analyst]);

    private static async Task<Result<ExplainResponse>> HandleAsync(
        Guid id, Guid customerId, string channel, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Eligibility.Channels.Contains(channel)) return AudienceErrors.UnknownChannel("channel");
        if (await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is not { } segment) return CampaignErrors.SegmentNotFound;

        var criterion = CriteriaParser.ParseStored(segment.Criteria);
        var (leaves, parameters) = CriteriaCompiler.CompileLeaves(criterion, time.GetUtcNow());
        parameters.Add("customerId", customerId);
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"""
            SELECT ARRAY[{string.Join(", ", leaves.Select(leaf => $"({leaf.Sql})::text"))}]::text[] AS holds,
                ARRAY[{string.Join(", ", leaves.Select(leaf => $"({leaf.ValueSql})::text"))}]::text[] AS actual, {Eligibility.ReasonSql(channel)} AS exclusion
            FROM audience a WHERE a.customer_id = @customerId AND a.profile_version IS NOT NULL
            """,
            parameters,
            cancellationToken);
        if (row is null) return CampaignErrors.CustomerNotInAudience;

        var next = 0;
        var explained = Explain(criterion);
        return new ExplainResponse(id, customerId, channel, explained.Holds, row.Exclusion, explained);

        ExplainedCriterion Explain(Criterion part)
        {
            switch (part)
            {
                case Criterion.All all:
                    var every = all.Parts.Select(Explain).ToArray();
                    return new ExplainedCriterion("all", every.All(item => item.Holds), every);
                case Criterion.Any any:
                    var some = any.Parts.Select(Explain).ToArray();
                    return new ExplainedCriterion("any", some.Any(item => item.Holds), some);
                case Criterion.Not not:
                    var inner = Explain(not.Part);
                    return new ExplainedCriterion("not", !inner.Holds, [inner]);
                case Criterion.InSegment { Criteria: { } criteria } named:
                    var meant = Explain(criteria);
                    return new ExplainedCriterion("segment", meant.Holds, [meant], named.SegmentId);
                default:
                    var (holds, actual) = (row.Holds[next] == "true", row.Actual[next]);
                    next++;
                    return part is Criterion.Comparison comparison
                        ? Compared(comparison, holds, actual)
                        : new ExplainedCriterion("list", holds, [], ((Criterion.InList)part).ListId);
            }
        }
    }

    private static ExplainedCriterion Compared(Criterion.Comparison comparison, bool holds, string? actual) => new(
        "comparison", holds, [], null, comparison.Field.Name, new LabelResponse(comparison.Field.Indonesian, comparison.Field.English), comparison.Operator,
        comparison.Value is DateOnly date ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : comparison.Value,
        actual is null ? null : JsonSerializer.Deserialize<JsonElement>(actual));

    private sealed record Row(string[] Holds, string?[] Actual, string? Exclusion);
}
