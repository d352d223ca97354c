using System.Net;
using Crm.OutboundHttp;

namespace Crm.Customer.Features.Webhooks;

/// <summary>Section <c>Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>The first pause before a repetition; each next one is twice as long, six hours at most, give or take a quarter.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After that many attempts a delivery is dead until somebody replays it.</summary>
    [System.ComponentModel.DataAnnotations.Range(1, 50)]
    public int MaxAttempts { get; init; } = 12;

    /// <summary>For receivers within the house: also http, private addresses and other ports. Never the metadata services of a cloud (link-local).</summary>
    public bool AllowPrivateAddresses { get; init; }
}

/// <summary>Connections to receivers, whose address somebody wrote down. Of an answer nothing but its status is read.</summary>
internal static class WebhookConnections
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static HttpClient Client(WebhookOptions options)
    {
        var handler = OutboundConnections.Handler(ReachOf(options.AllowPrivateAddresses));
        (handler.ConnectTimeout, handler.MaxResponseHeadersLength, handler.MaxResponseDrainSize) = (Timeout, 16, 0);
        return new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <summary>What can be told from the address alone; the rest is judged when it is connected to.</summary>
    public static bool MayBe(string text, bool allowPrivate, out Uri url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url!) || text.Length > 500 || url.UserInfo.Length > 0 || url.Fragment.Length > 0) return false;
        if (!(url.Scheme == Uri.UriSchemeHttps && (url.Port == 443 || allowPrivate)) && !(url.Scheme == Uri.UriSchemeHttp && allowPrivate)) return false;
        return IPAddress.TryParse(url.DnsSafeHost, out var literal) ? OutboundAddress.IsAllowed(literal, ReachOf(allowPrivate)) : allowPrivate || (!url.IsLoopback && url.Host.Contains('.', StringComparison.Ordinal));
    }

    private static Reach ReachOf(bool allowPrivate) => allowPrivate ? Reach.Private | Reach.Loopback : Reach.Public;
}
