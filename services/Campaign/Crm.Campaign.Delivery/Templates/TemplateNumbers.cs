using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>Collects what the texts of a template refer to, and gives each a number: the same one wherever it is mentioned.</summary>
internal sealed class TemplateNumbers
{
    private const int MaxUrlLength = 2_000;
    private readonly List<string> _links = [];
    private readonly List<Fallback> _fallbacks = [];
    private readonly List<Guid> _segments = [];
    private readonly List<string> _coupons = [];

    public IReadOnlyList<string> Links => _links;

    /// <summary>The longest list that a block asks for.</summary>
    public int Products { get; set; }

    public TemplateNeeds Needs => new(_fallbacks, _segments, _coupons, Products);

    public static Error InvalidLink(string url, string field) =>
        Error.Unprocessable("campaign.link_invalid", $"'{url}' is not an http or https address.", field);

    public bool TryLink(string url, out int number)
    {
        number = -1;
        if (url.Length > MaxUrlLength || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0) return false;
        number = NumberOf(uri.AbsoluteUri, _links);
        return true;
    }

    public int Fallback(Fallback fallback) => NumberOf(fallback, _fallbacks);

    public int Segment(Guid id) => NumberOf(id, _segments);

    public int Coupon(string pool) => NumberOf(pool, _coupons);

    private static int NumberOf<T>(T item, List<T> list)
    {
        var number = list.IndexOf(item);
        if (number >= 0) return number;
        list.Add(item);
        return list.Count - 1;
    }
}
