using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Segments;

/// <param name="Name">With a star at its end: any name of this enterprise's own, letters, digits and underscores.</param>
/// <param name="Type">text, number, instant, date, boolean, tags.</param>
/// <param name="Of">What the member <c>of</c> of a comparison may name to narrow what is counted.</param>
public sealed record SegmentFieldResponse(string Name, string Type, LabelResponse Label, IReadOnlyList<string> Operators, IReadOnlyList<string> Of);

/// <param name="Value">one, range (array of two), many (array), days (whole number), yesNo.</param>
public sealed record SegmentOperatorResponse(string Name, string Value, LabelResponse Label);

public sealed record LabelResponse(string Id, string En);

/// <summary>The catalogue that a criteria builder is made from.</summary>
internal static class ListSegmentFields
{
    private static readonly (string Name, FieldType Type, string Indonesian, string English)[] OwnFields =
    [
        ("preference.*", FieldType.Tags, "Kesukaan", "Preference"),
        ("custom.text.*", FieldType.Text, "Isian sendiri: teks", "Own field: text"),
        ("custom.number.*", FieldType.Number, "Isian sendiri: angka", "Own field: number"),
        ("custom.date.*", FieldType.Date, "Isian sendiri: tanggal", "Own field: date"),
        ("custom.flag.*", FieldType.Boolean, "Isian sendiri: ya atau tidak", "Own field: yes or no"),
    ];

    private static readonly SegmentFieldResponse[] Fields =
    [
        .. SegmentField.All.Select(field => new SegmentFieldResponse(
            field.Name, Camel(field.Type.ToString()), new LabelResponse(field.Indonesian, field.English), field.Operators, OfNames(field.Scope))),
        .. OwnFields.Select(own => new SegmentFieldResponse(
            own.Name, Camel(own.Type.ToString()), new LabelResponse(own.Indonesian, own.English), SegmentOperator.Of(own.Type), [])),
    ];

    private static readonly SegmentOperatorResponse[] Operators =
        [.. SegmentOperator.All.Select(item => new SegmentOperatorResponse(item.Name, Camel(item.Operand.ToString()), new LabelResponse(item.Indonesian, item.English)))];

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/segment-fields", HandleFields).WithName("ListSegmentFields").WithSummary("What a segment may ask, and how").AllowRoles(MarketingRights.Readers);
        api.MapGet("/segment-operators", HandleOperators).WithName("ListSegmentOperators").WithSummary("The operators of segments").AllowRoles(MarketingRights.Readers);
    }

    private static Ok<IReadOnlyList<SegmentFieldResponse>> HandleFields() => TypedResults.Ok<IReadOnlyList<SegmentFieldResponse>>(Fields);

    private static Ok<IReadOnlyList<SegmentOperatorResponse>> HandleOperators() => TypedResults.Ok<IReadOnlyList<SegmentOperatorResponse>>(Operators);

    private static IReadOnlyList<string> OfNames(ScopeKind scope) => scope switch
    {
        ScopeKind.Purchases => ["sku", "category", "lastDays", "from", "to"],
        ScopeKind.Messages => ["campaign", "channel", "lastDays", "from", "to"],
        _ => [],
    };

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
