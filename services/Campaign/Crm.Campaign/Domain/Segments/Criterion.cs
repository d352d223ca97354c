namespace Crm.Campaign.Domain.Segments;

/// <summary>Which customers a segment means, as a tree that was checked against the catalogue of fields.</summary>
internal abstract record Criterion
{
    private Criterion()
    {
    }

    /// <summary>Every part holds; with no parts, everybody.</summary>
    public sealed record All(IReadOnlyList<Criterion> Parts) : Criterion;

    /// <summary>At least one part holds.</summary>
    public sealed record Any(IReadOnlyList<Criterion> Parts) : Criterion;

    public sealed record Not(Criterion Part) : Criterion;

    /// <summary>
    /// One comparison. Where the customer's value is missing no comparison holds, not even <c>ne</c>; <c>exists</c> asks for that.
    /// </summary>
    /// <param name="Value">
    /// string, decimal, bool, DateOnly or DateTimeOffset by the field's type; an array of these for in, notIn, between, containsAny and
    /// containsAll; bool for exists.
    /// </param>
    public sealed record Comparison(SegmentField Field, string Operator, object Value) : Criterion;
}
