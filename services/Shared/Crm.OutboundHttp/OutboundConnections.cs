using System.Net;
using System.Net.Sockets;

namespace Crm.OutboundHttp;

/// <summary>A name or address that is not connected to.</summary>
public sealed class RefusedAddressException() : IOException("The address is not on the public internet.");

/// <summary>
/// Connections to where somebody wrote down that they go (webhooks, links, providers), guarded against requests to the inside (OWASP API7:2023, ASVS 1.3.6). The name is
/// resolved once, all that it leads to is judged, and what was judged is connected to: a name that resolves to something else the next moment gains nothing. No
/// redirects, cookies or proxies of the environment, because each leads elsewhere or tells something.
/// </summary>
public static class OutboundConnections
{
    /// <summary>A handler to which the caller adds its limits (headers, connections, times).</summary>
    public static SocketsHttpHandler Handler(Reach reach) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2), // a name that moves is looked up again
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, reach, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, Reach reach, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        // Also a name that leads in part inside is refused: which of its addresses answers is not for its owner to choose.
        if (addresses.Length == 0 || !addresses.All(address => OutboundAddress.IsAllowed(address, reach))) throw new RefusedAddressException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
