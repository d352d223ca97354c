using System.Net;
using System.Net.Sockets;

namespace Crm.Campaign.Sender.Channels.Http;

/// <summary>An address that requests to providers must not go to.</summary>
internal sealed class RefusedAddressException(string message) : IOException(message);

/// <summary>
/// Connections to providers. The address is checked where it is connected to, after the name was resolved, so that a name that resolves
/// differently the second time leads nowhere else; redirects, cookies and proxies of the environment are off.
/// </summary>
internal static class GuardedConnections
{
    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), // RFC 1918
        IPNetwork.Parse("100.64.0.0/10"), // RFC 6598, carriers' NAT
        IPNetwork.Parse("fc00::/7"), // RFC 4193
    ];

    private static readonly IPNetwork[] Never =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), // this host, loopback, link-local (metadata services)
        IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/3"), // multicast, reserved, broadcast
        IPNetwork.Parse("::/128"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("ff00::/8"),
        IPNetwork.Parse("64:ff9b::/96"), IPNetwork.Parse("64:ff9b:1::/48"), IPNetwork.Parse("2002::/16"), IPNetwork.Parse("2001::/32"), // IPv4 within: translation, 6to4, Teredo
    ];

    public static SocketsHttpHandler Handler(HttpProviderOptions provider, bool development) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = provider.Timeout,
        MaxConnectionsPerServer = provider.Concurrency,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2), // a name that moves is looked up again
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, provider.AllowPrivateAddresses, development, cancellationToken),
    };

    public static bool IsAllowed(IPAddress address, bool allowPrivate, bool development)
    {
        if (development) return true;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return !Never.Any(network => network.Contains(address)) && (allowPrivate || !Private.Any(network => network.Contains(address)));
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowPrivate, bool development, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = addresses.Where(address => IsAllowed(address, allowPrivate, development)).ToArray();
        if (allowed.Length == 0) throw new RefusedAddressException("The provider's name leads to no address that may be connected to.");

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
}
