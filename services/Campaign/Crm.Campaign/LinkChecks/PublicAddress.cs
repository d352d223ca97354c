using System.Net;
using System.Net.Sockets;

namespace Crm.Campaign.LinkChecks;

/// <summary>Whether an address belongs to the public internet: not to this machine, this network, or a range set aside (RFC 6890 and its registries).</summary>
internal static class PublicAddress
{
    private static readonly IPNetwork[] Reserved =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    // What is not global unicast (2000::/3) is not public; within it these are not either: Teredo, documentation, ORCHID, 6to4.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] ReservedInGlobal = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool Is(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !Reserved.Any(range => range.Contains(address))
            : Global.Contains(address) && !ReservedInGlobal.Any(range => range.Contains(address));
    }
}
