using System.Net;
using System.Net.Sockets;

namespace Crm.OutboundHttp;

/// <summary>Where a request may go beyond the public internet.</summary>
[Flags]
public enum Reach
{
    /// <summary>The public internet only.</summary>
    Public = 0,

    /// <summary>Private networks as well (RFC 1918, RFC 6598, RFC 4193).</summary>
    Private = 1,

    /// <summary>This machine as well.</summary>
    Loopback = 2,

    /// <summary>Everywhere: for development only.</summary>
    Anywhere = 4,
}

/// <summary>
/// Whether an address may be connected to. Never, short of <see cref="Reach.Anywhere"/>: link-local (the metadata services of clouds), multicast, what is set aside (RFC 6890
/// and its registries), and addresses of IPv6 that carry one of IPv4 (translation, 6to4, Teredo), because that one would not be judged.
/// </summary>
public static class OutboundAddress
{
    private static readonly IPNetwork[] PrivateNetworks = Networks("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7");

    private static readonly IPNetwork[] ReservedOfIPv4 =
        Networks("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3");

    // Of IPv6 only global unicast is public; within it Teredo and protocol ranges, documentation and 6to4 are not.
    private static readonly IPNetwork GlobalOfIPv6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] ReservedInGlobal = Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    public static bool IsAllowed(IPAddress address, Reach reach)
    {
        if (reach.HasFlag(Reach.Anywhere)) return true;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address)) return reach.HasFlag(Reach.Loopback);
        if (PrivateNetworks.Any(network => network.Contains(address))) return reach.HasFlag(Reach.Private);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !ReservedOfIPv4.Any(network => network.Contains(address))
            : GlobalOfIPv6.Contains(address) && !ReservedInGlobal.Any(network => network.Contains(address));
    }

    private static IPNetwork[] Networks(params string[] ranges) => [.. ranges.Select(range => IPNetwork.Parse(range))];
}
