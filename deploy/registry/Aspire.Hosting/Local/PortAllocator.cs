using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Local;

/// <summary>
/// Free ports below the range that the kernel hands out for outgoing connections: a port stays free while its owner restarts.
/// </summary>
internal sealed class PortAllocator
{
    private const int Lowest = 20_000;
    private readonly HashSet<int> taken = [];
    private readonly Lock gate = new();
    private readonly int highest;

    public PortAllocator()
    {
        const string range = "/proc/sys/net/ipv4/ip_local_port_range";
        var ephemeral = File.Exists(range) ? int.Parse(File.ReadAllText(range).Split((char[]?)null, 2)[0], CultureInfo.InvariantCulture) : 32_768;
        highest = ephemeral > Lowest + 2_000 ? ephemeral : 32_768;
    }

    public int Next()
    {
        lock (gate)
        {
            for (var attempt = 0; attempt < 2_000; attempt++)
            {
                var port = Random.Shared.Next(Lowest, highest);
                if (!taken.Contains(port) && IsFree(port))
                {
                    taken.Add(port);
                    return port;
                }
            }
        }
        throw new DistributedApplicationException($"No free port between {Lowest} and {highest}.");
    }

    /// <summary>False when the port is somebody's already.</summary>
    public bool Reserve(int port)
    {
        lock (gate) return taken.Add(port);
    }

    public static bool IsFree(int port) => CanBind(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanBind(IPAddress.IPv6Loopback, port));

    private static bool CanBind(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }
}
