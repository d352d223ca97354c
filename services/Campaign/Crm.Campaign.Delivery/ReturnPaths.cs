using Microsoft.Extensions.Options;

namespace Crm.Campaign.Delivery;

/// <summary>
/// Where what comes back for a message goes (VERP): <c>b+token@bounce-domain</c>. It names the delivery even where the mail that comes
/// back says nothing else, and only who got it from us can write to it.
/// </summary>
public sealed class ReturnPaths(IOptions<MessageOptions> options)
{
    private const string Prefix = "b+";
    private static ReadOnlySpan<byte> Purpose => "return-path"u8;
    private readonly byte[] _key = Convert.FromBase64String(options.Value.LinkKey);

    /// <summary>Null: bounces go to the sender address, where nobody here reads them.</summary>
    public string? Domain { get; } = options.Value.BounceDomain;

    /// <summary>The return path of a delivery; the campaign's sender address where there is no domain for bounces.</summary>
    public string Write(Guid deliveryId, string fromAddress) => Domain is null ? fromAddress : $"{Prefix}{DeliveryTokens.Write(_key, Purpose, deliveryId)}@{Domain}";

    /// <summary>The delivery that an address of ours names; null for any other address.</summary>
    public Guid? Read(ReadOnlySpan<char> address)
    {
        address = address.Trim().Trim("<>");
        if (Domain is null || !address.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return null;
        var rest = address[Prefix.Length..];
        var at = rest.IndexOf('@');
        return at >= 0 && rest[(at + 1)..].Equals(Domain, StringComparison.OrdinalIgnoreCase) ? DeliveryTokens.Read(_key, Purpose, rest[..at]) : null;
    }
}
