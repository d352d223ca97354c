using Microsoft.Extensions.Options;

namespace Crm.Campaign.Delivery;

/// <summary>
/// Where what comes back for a message goes (VERP): <c>b+token@bounce-domain</c>. It names the delivery even where the mail that comes
/// back says nothing else, and only who got it from us can write to it. A mail to <c>u+token@</c> ends the subscription.
/// </summary>
public sealed class ReturnPaths(IOptions<MessageOptions> options)
{
    private const string BouncePrefix = "b+";
    private const string UnsubscribePrefix = "u+";
    private readonly byte[] _key = Convert.FromBase64String(options.Value.LinkKey);

    /// <summary>Null: bounces go to the sender address, where nobody here reads them.</summary>
    public string? Domain { get; } = options.Value.BounceDomain;

    private static ReadOnlySpan<byte> BouncePurpose => "return-path"u8;

    private static ReadOnlySpan<byte> UnsubscribePurpose => "unsubscribe-mail"u8;

    /// <summary>The return path of a delivery; the campaign's sender address where there is no domain for bounces.</summary>
    public string Write(Guid deliveryId, string fromAddress) => Domain is null ? fromAddress : $"{BouncePrefix}{DeliveryTokens.Write(_key, BouncePurpose, deliveryId)}@{Domain}";

    /// <summary>Where a mail ends the subscription (the mailto of List-Unsubscribe, RFC 2369); null where there is no domain that mail comes to.</summary>
    public string? WriteUnsubscribe(Guid deliveryId) => Domain is null ? null : $"{UnsubscribePrefix}{DeliveryTokens.Write(_key, UnsubscribePurpose, deliveryId)}@{Domain}";

    /// <summary>The delivery that a return path of ours names; null for any other address.</summary>
    public Guid? Read(ReadOnlySpan<char> address) => Read(address, BouncePrefix, BouncePurpose);

    /// <summary>The delivery whose subscription a mail to this address ends; null for any other address.</summary>
    public Guid? ReadUnsubscribe(ReadOnlySpan<char> address) => Read(address, UnsubscribePrefix, UnsubscribePurpose);

    private Guid? Read(ReadOnlySpan<char> address, string prefix, ReadOnlySpan<byte> purpose)
    {
        address = address.Trim().Trim("<>");
        if (Domain is null || !address.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) return null;
        var rest = address[prefix.Length..];
        var at = rest.IndexOf('@');
        return at >= 0 && rest[(at + 1)..].Equals(Domain, StringComparison.OrdinalIgnoreCase) ? DeliveryTokens.Read(_key, purpose, rest[..at]) : null;
    }
}
