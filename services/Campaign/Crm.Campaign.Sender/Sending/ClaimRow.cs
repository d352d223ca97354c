using Crm.Campaign.Delivery.Templates;

namespace Crm.Campaign.Sender.Sending;

/// <summary>A recipient that this sender has claimed.</summary>
/// <param name="Variant">Which of the compared texts; empty for the campaign's own.</param>
internal sealed record Claim(Guid DeliveryId, string Language, int Attempts, Recipient Recipient, string Variant = "");

/// <param name="NothingDue">No planned recipient was there to take.</param>
/// <param name="Day">Of the campaign's warm-up, that the claims were counted in; null without one.</param>
internal sealed record ClaimResult(bool NothingDue, IReadOnlyList<Claim> Claims, int? Day = null)
{
    public static readonly ClaimResult Nothing = new(true, []);
}

/// <summary>What a claim reads of the audience, however it was made.</summary>
internal sealed record ClaimRow(
    Guid DeliveryId, string State, string Language, string Variant, int Attempts, Guid CustomerId, string? DisplayName, string? GivenName, string? Email,
    string? Phone, string? TimeZone, string? Street, string? PostalCode, string? City, string? Province, string? Country, long? Points, long? PurchaseCount,
    DateTimeOffset? LastPurchasedAt)
{
    /// <summary>The columns of the audience row, or of what was read of it, under that alias.</summary>
    public static string AudienceOf(char alias) => string.Join(", ", new[]
    {
        "display_name", "given_name", "email", "phone", "time_zone", "street", "postal_code", "city", "province", "country", "points", "purchase_count",
        "last_purchased_at",
    }.Select(column => $"{alias}.{column}"));

    public Claim ToClaim() => new(DeliveryId, Language, Attempts, new Recipient
    {
        CustomerId = CustomerId,
        DisplayName = DisplayName ?? "",
        GivenName = GivenName,
        Email = Email,
        Phone = Phone,
        TimeZone = TimeZone,
        Street = Street,
        PostalCode = PostalCode,
        City = City,
        Province = Province,
        Country = Country,
        Points = Points ?? 0,
        PurchaseCount = PurchaseCount ?? 0,
        LastPurchasedAt = LastPurchasedAt,
    }, Variant);
}
