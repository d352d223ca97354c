using System.Net;

namespace Crm.Campaign.Domain.Responses;

/// <summary>Networks in CIDR notation, asked about coarsened ones: a network counts as in the list where it lies in one of its entries.</summary>
internal sealed class AddressList(IEnumerable<string> networks)
{
    private const int Ipv4Bits = 24;
    private const int Ipv6Bits = 48;
    private readonly IPNetwork[] _networks = [.. networks.Select(text => IPNetwork.Parse(text))];

    public bool Contains(string? network)
    {
        if (network is null || !IPNetwork.TryParse(network, out var asked)) return false;
        return _networks.Any(listed => listed.Contains(asked.BaseAddress) && listed.PrefixLength <= asked.PrefixLength);
    }

    /// <summary>The /24 or /48 that an address is in: enough to know a provider by, too little to know a person by.</summary>
    public static string? Coarsen(IPAddress? address)
    {
        if (address is null) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        var bits = bytes.Length == 4 ? Ipv4Bits : Ipv6Bits;
        bytes.AsSpan(bits / 8).Clear();
        return $"{new IPAddress(bytes)}/{bits}";
    }
}
