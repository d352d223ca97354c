using System.Net;
using System.Net.Sockets;

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

/// <summary>
/// Connections to receivers. Where they lead was written by somebody, so the address is judged where it is connected to, after the name was resolved: a name that
/// resolves differently the next moment gains nothing. No redirects, cookies or proxies; of an answer nothing but its status is read.
/// </summary>
internal static class WebhookConnections
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private static readonly IPNetwork[] Private = [.. new[] { "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16" }.Select(IPNetwork.Parse)];

    /// <summary>Ranges set aside (RFC 6890 and its registries).</summary>
    private static readonly IPNetwork[] Never =
        [.. new[] { "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3" }.Select(IPNetwork.Parse)];

    // What is not global unicast (2000::/3) is not public; within it Teredo and protocol ranges, documentation and 6to4 are not either.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] ReservedInGlobal = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static HttpClient Client(WebhookOptions options) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = Timeout,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 0,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, options.AllowPrivateAddresses, cancellationToken),
    })
    { Timeout = System.Threading.Timeout.InfiniteTimeSpan };

    /// <summary>What can be told from the address alone; the rest is judged when it is connected to.</summary>
    public static bool MayBe(string text, bool allowPrivate, out Uri url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url!) || text.Length > 500 || url.UserInfo.Length > 0 || url.Fragment.Length > 0) return false;
        if (!(url.Scheme == Uri.UriSchemeHttps && (url.Port == 443 || allowPrivate)) && !(url.Scheme == Uri.UriSchemeHttp && allowPrivate)) return false;
        return IPAddress.TryParse(url.DnsSafeHost, out var literal) ? IsAllowed(literal, allowPrivate) : allowPrivate || (!url.IsLoopback && url.Host.Contains('.', StringComparison.Ordinal));
    }

    public static bool IsAllowed(IPAddress address, bool allowPrivate)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (allowPrivate && IPAddress.IsLoopback(address)) return true;
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !Never.Any(range => range.Contains(address)) && (allowPrivate || !Private.Any(range => range.Contains(address)))
            : Global.Contains(address) && !ReservedInGlobal.Any(range => range.Contains(address));
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = addresses.Where(address => IsAllowed(address, allowPrivate)).ToArray();
        if (allowed.Length == 0 || allowed.Length < addresses.Length) throw new RefusedAddressException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The name leads to an address that is not connected to.</summary>
    internal sealed class RefusedAddressException() : IOException("The address is not on the public internet.");
}
