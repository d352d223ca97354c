using Crm.Campaign.Delivery.Templates;

namespace Crm.Campaign.Sender.Sending;

/// <summary>A recipient that this sender has claimed.</summary>
internal sealed record Claim(Guid DeliveryId, string Language, int Attempts, Recipient Recipient);

/// <param name="NothingDue">No planned recipient was there to take.</param>
/// <param name="Day">Of the campaign's warm-up, that the claims were counted in; null without one.</param>
internal sealed record ClaimResult(bool NothingDue, IReadOnlyList<Claim> Claims, int? Day = null)
{
    public static readonly ClaimResult Nothing = new(true, []);
}

/// <summary>What a claim reads of the audience, however it was made.</summary>
internal sealed record ClaimRow(
    Guid DeliveryId, string State, string Language, int Attempts, Guid CustomerId, string? DisplayName, string? GivenName, string? Email,
    string? TimeZone, string? City, string? Province, long? Points, long? PurchaseCount, DateTimeOffset? LastPurchasedAt)
{
    /// <summary>Of the audience row <c>a</c>.</summary>
    public const string Audience = "a.display_name, a.given_name, a.email, a.time_zone, a.city, a.province, a.points, a.purchase_count, a.last_purchased_at";

    public Claim ToClaim() => new(DeliveryId, Language, Attempts, new Recipient
    {
        CustomerId = CustomerId,
        DisplayName = DisplayName ?? "",
        GivenName = GivenName,
        Email = Email,
        TimeZone = TimeZone,
        City = City,
        Province = Province,
        Points = Points ?? 0,
        PurchaseCount = PurchaseCount ?? 0,
        LastPurchasedAt = LastPurchasedAt,
    });
}
