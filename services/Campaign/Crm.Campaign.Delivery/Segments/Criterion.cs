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

    /// <summary>The customer is in another segment.</summary>
    /// <param name="Criteria">What that segment asks; null until it was looked up.</param>
    public sealed record InSegment(Guid SegmentId, Criterion? Criteria) : Criterion;

    /// <summary>The customer is a member of a static list.</summary>
    public sealed record InList(Guid ListId) : Criterion;

    /// <summary>
    /// One comparison. Where the customer's value is missing no comparison holds, not even <c>ne</c>; <c>exists</c> asks for that.
    /// </summary>
    /// <param name="Value">
    /// string, decimal, bool, DateOnly or DateTimeOffset by the field's type; an array of these for in, notIn, between, containsAny and
    /// containsAll; bool for exists; int for the operators that take a number of days.
    /// </param>
    /// <param name="Scope">Which purchases or messages the field counts; null: all.</param>
    public sealed record Comparison(SegmentField Field, string Operator, object Value, Scope? Scope = null) : Criterion;
}

/// <summary>Which purchases (products, time) or messages (campaigns, channels, time) a field counts; what is null does not narrow.</summary>
internal sealed record Scope(
    string[]? Skus = null, string[]? Categories = null, Guid[]? Campaigns = null, string[]? Channels = null, int? LastDays = null,
    DateTimeOffset? From = null, DateTimeOffset? To = null);
