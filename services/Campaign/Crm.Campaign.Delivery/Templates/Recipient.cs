using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>Whom a message is for, as the audience knows them.</summary>
public sealed record Recipient
{
    public required Guid CustomerId { get; init; }
    public required string DisplayName { get; init; }
    public string? GivenName { get; init; }
    public string? Email { get; init; }

    /// <summary>E.164.</summary>
    public string? Phone { get; init; }
    public string? TimeZone { get; init; }
    public string? Street { get; init; }
    public string? PostalCode { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }
    public long Points { get; init; }
    public long PurchaseCount { get; init; }
    public DateTimeOffset? LastPurchasedAt { get; init; }
    public RecipientExtras Extras { get; init; } = RecipientExtras.None;

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

/// <summary>What only templates ask for that mention it; see <see cref="TemplateNeeds"/>.</summary>
/// <param name="Segments">Of those that the template asks about, the ones that the recipient is in now.</param>
/// <param name="Coupons">The recipient's codes by pool.</param>
/// <param name="Fields">Preferences and custom fields that the template names (<c>preference.size</c>, <c>custom.shoeSize</c>).</param>
public sealed record RecipientExtras(
    IReadOnlySet<Guid> Segments, IReadOnlyDictionary<string, string> Coupons, IReadOnlyList<RecommendedProduct> Products, IReadOnlyDictionary<string, string> Fields)
{
    public static readonly RecipientExtras None = new(
        new HashSet<Guid>(), new Dictionary<string, string>(), [], new Dictionary<string, string>());
}

/// <summary>A line of a <c>{{#products}}</c> block; the names are what the template says.</summary>
public sealed record RecommendedProduct(string Sku, string Name, string Category);

/// <summary>What a template may say about its recipient. Nothing else can be reached from one.</summary>
public static partial class MergeFields
{
    public const string UnsubscribeUrl = "unsubscribeUrl";

    /// <summary>The page that tells the recipient why they got the message.</summary>
    public const string WhyUrl = "whyUrl";

    private static readonly FrozenDictionary<string, Func<Recipient, CultureInfo, string>> Values = new Dictionary<string, Func<Recipient, CultureInfo, string>>
    {
        ["displayName"] = (recipient, _) => recipient.DisplayName,
        ["firstName"] = (recipient, _) => recipient.GivenName ?? recipient.DisplayName.Split(' ', 2)[0],
        ["email"] = (recipient, _) => recipient.Email ?? "",
        ["city"] = (recipient, _) => recipient.City ?? "",
        ["province"] = (recipient, _) => recipient.Province ?? "",
        ["points"] = (recipient, culture) => recipient.Points.ToString("N0", culture),
        ["purchaseCount"] = (recipient, culture) => recipient.PurchaseCount.ToString("N0", culture),
        ["lastPurchaseDate"] = (recipient, culture) => recipient.LastPurchasedAt is { } at ? InZone(at, recipient.TimeZone).ToString("d MMMM yyyy", culture) : "",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly IReadOnlyList<string> Names = [.. Values.Keys.Order(StringComparer.Ordinal), UnsubscribeUrl, WhyUrl];

    /// <summary>A preference or custom field, whose names are the platform's own: <c>preference.size</c>, <c>custom.shoeSize</c>.</summary>
    internal static bool IsOwn(string name) => Own().IsMatch(name);

    /// <summary>
    /// Numbers and dates as people of that language write them, dates in the recipient's zone. Unknown values are empty; null: there is no such field.
    /// </summary>
    internal static string? Value(string name, Recipient recipient, CultureInfo culture) => Values.TryGetValue(name, out var value) ? value(recipient, culture) : null;

    private static DateTimeOffset InZone(DateTimeOffset at, string? zone) =>
        zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(at, found) : at;

    [GeneratedRegex("^(preference|custom)\\.[A-Za-z0-9_-]{1,60}$")]
    private static partial Regex Own();
}
