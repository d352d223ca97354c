using System.Globalization;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>Whom a message is for, as the audience knows them.</summary>
public sealed record Recipient
{
    public required Guid CustomerId { get; init; }
    public required string DisplayName { get; init; }
    public string? GivenName { get; init; }
    public string? Email { get; init; }
    public string? TimeZone { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }
    public long Points { get; init; }
    public long PurchaseCount { get; init; }
    public DateTimeOffset? LastPurchasedAt { get; init; }

    /// <summary>Nobody, with values of usual length.</summary>
    public static Recipient Example { get; } = new()
    {
        CustomerId = Guid.Empty,
        DisplayName = "Siti Rahmawati",
        GivenName = "Siti",
        Email = "siti.rahmawati@example.com",
        TimeZone = "Asia/Jakarta",
        City = "Bandung",
        Province = "Jawa Barat",
        Points = 12_500,
        PurchaseCount = 12,
        LastPurchasedAt = new DateTimeOffset(2026, 8, 17, 3, 0, 0, TimeSpan.Zero),
    };
}

/// <summary>What a template may say about its recipient. Nothing else can be reached from one.</summary>
public static class MergeFields
{
    public const string UnsubscribeUrl = "unsubscribeUrl";

    /// <summary>The page that tells the recipient why they got the message.</summary>
    public const string WhyUrl = "whyUrl";

    public static readonly IReadOnlyList<string> Names =
        ["displayName", "firstName", "email", "city", "province", "points", "purchaseCount", "lastPurchaseDate", UnsubscribeUrl, WhyUrl];

    /// <summary>Numbers and dates as people of that language write them, dates in the recipient's zone. Unknown values are empty.</summary>
    internal static Dictionary<string, object?> Of(Recipient recipient, string language)
    {
        var culture = CultureInfo.GetCultureInfo(language == "id" ? "id-ID" : "en-GB");
        return new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["displayName"] = recipient.DisplayName,
            ["firstName"] = recipient.GivenName ?? recipient.DisplayName.Split(' ', 2)[0],
            ["email"] = recipient.Email ?? "",
            ["city"] = recipient.City ?? "",
            ["province"] = recipient.Province ?? "",
            ["points"] = recipient.Points.ToString("N0", culture),
            ["purchaseCount"] = recipient.PurchaseCount.ToString("N0", culture),
            ["lastPurchaseDate"] = recipient.LastPurchasedAt is { } at ? InZone(at, recipient.TimeZone).ToString("d MMMM yyyy", culture) : "",
        };
    }

    private static DateTimeOffset InZone(DateTimeOffset at, string? zone) =>
        zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(at, found) : at;
}
