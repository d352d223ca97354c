using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Segments;

/// <param name="Type">text, number, instant, date, boolean, tags.</param>
/// <param name="Operators">For <c>in</c>, <c>notIn</c>, <c>between</c>, <c>containsAny</c>, <c>containsAll</c> the value is an array; for <c>exists</c> true or false.</param>
public sealed record SegmentFieldResponse(string Name, string Type, IReadOnlyList<string> Operators);

internal static class ListSegmentFields
{
    private static readonly SegmentFieldResponse[] Fields =
        [.. SegmentField.All.Select(field => new SegmentFieldResponse(field.Name, char.ToLowerInvariant(field.Type.ToString()[0]) + field.Type.ToString()[1..], field.Operators))];

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segment-fields", Handle).WithName("ListSegmentFields").WithSummary("What a segment may ask, and how").AllowRoles(MarketingRights.Readers);

    private static Ok<IReadOnlyList<SegmentFieldResponse>> Handle() => TypedResults.Ok<IReadOnlyList<SegmentFieldResponse>>(Fields);
}
