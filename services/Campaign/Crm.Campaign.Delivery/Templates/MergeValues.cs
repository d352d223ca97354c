using System.Globalization;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>The values of one message. Each is made when a text first asks for it, and once.</summary>
internal sealed class MergeValues(
    Recipient recipient, string language, TemplateNeeds needs, int linkCount, Func<int, string> linkUrl, Func<string> unsubscribeUrl, Func<string> whyUrl, Func<string> openUrl,
    Func<string> trapUrl)
{
    public const string OpenPixel = "openPixel";
    public const string Trap = "trapUrl";
    private static readonly CultureInfo Indonesian = CultureInfo.GetCultureInfo("id-ID");
    private static readonly CultureInfo British = CultureInfo.GetCultureInfo("en-GB");
    private readonly Dictionary<string, string> _texts = new(24, StringComparer.Ordinal);
    private Dictionary<string, object?>? _all;

    /// <param name="name">Of a merge field, or <c>link0</c>, <c>or0</c>, <c>coupon0</c>. What there is not is empty.</param>
    public string Text(string name)
    {
        if (_texts.TryGetValue(name, out var text)) return text;
        return _texts[name] = MergeFields.Value(name, recipient, language == "id" ? Indonesian : British) ?? name switch
        {
            MergeFields.UnsubscribeUrl => unsubscribeUrl(),
            MergeFields.WhyUrl => whyUrl(),
            OpenPixel => openUrl(),
            Trap => trapUrl(),
            _ when Number(name, "link") is { } link => linkUrl(link),
            _ when Number(name, "or") is { } number && number < needs.Fallbacks.Count => ValueOf(needs.Fallbacks[number]),
            _ when Number(name, "coupon") is { } number && number < needs.Coupons.Count => recipient.Extras.Coupons.GetValueOrDefault(needs.Coupons[number], ""),
            _ => "",
        };
    }

    /// <summary>All of them, for a text with blocks.</summary>
    public Dictionary<string, object?> ForHandlebars()
    {
        if (_all is not null) return _all;
        _all = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in MergeFields.Names.Append(OpenPixel).Append(Trap)) _all[name] = Text(name);
        for (var i = 0; i < linkCount; i++) _all[$"link{i}"] = Text($"link{i}");
        for (var i = 0; i < needs.Fallbacks.Count; i++) _all[$"or{i}"] = Text($"or{i}");
        for (var i = 0; i < needs.Coupons.Count; i++) _all[$"coupon{i}"] = Text($"coupon{i}");
        for (var i = 0; i < needs.Segments.Count; i++) _all[$"segment{i}"] = recipient.Extras.Segments.Contains(needs.Segments[i]);
        for (var count = 1; count <= needs.Products; count++) _all[$"products{count}"] = recipient.Extras.Products.Take(count)
            .Select(product => new Dictionary<string, object> { ["sku"] = product.Sku, ["name"] = product.Name, ["category"] = product.Category }).ToArray();
        return _all;
    }

    private string ValueOf(Fallback fallback) =>
        (fallback.Field.Contains('.', StringComparison.Ordinal) ? recipient.Extras.Fields.GetValueOrDefault(fallback.Field) : Text(fallback.Field)) is { Length: > 0 } value
            ? value
            : fallback.Text;

    private static int? Number(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
