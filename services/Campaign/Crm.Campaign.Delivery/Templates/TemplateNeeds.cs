namespace Crm.Campaign.Delivery.Templates;

/// <param name="Field">Whose value it is, unless that is empty.</param>
/// <param name="Text">As the author wrote it; encoded where it is put in, as values are.</param>
public sealed record Fallback(string Field, string Text);

/// <summary>
/// What has to be known about a recipient beyond the merge fields before the message can be written. Numbered in all languages together:
/// <c>or0</c>, <c>segment0</c>, <c>coupon0</c> in the prepared text.
/// </summary>
/// <param name="Products">How many at most; 0 where no block asks for any.</param>
public sealed record TemplateNeeds(
    IReadOnlyList<Fallback> Fallbacks, IReadOnlyList<Guid> Segments, IReadOnlyList<string> Coupons, int Products)
{
    public static readonly TemplateNeeds None = new([], [], [], 0);

    /// <summary>Whether more is asked of the database than the recipient's row.</summary>
    public bool Lookups => Segments.Count > 0 || Coupons.Count > 0 || Products > 0 || Fallbacks.Any(fallback => MergeFields.IsOwn(fallback.Field));
}
