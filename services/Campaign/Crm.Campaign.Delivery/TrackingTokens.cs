using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Delivery;

/// <summary>What a token in a message entitles to. Part of what is signed: one cannot serve as another.</summary>
public enum TokenPurpose : byte
{
    Link = 1,
    Open = 2,
    Unsubscribe = 3,

    /// <summary>The page that tells why a message was sent.</summary>
    Why = 8,

    /// <summary>A person's own calendar; what it names is a feed, not a delivery.</summary>
    Calendar = 9,
}

/// <summary>
/// Tokens in the links of messages: purpose, delivery and number of the link, signed with HMAC-SHA256 cut to 112 bits. They name stored
/// targets, never carry one, so that nothing can be redirected elsewhere.
/// </summary>
public sealed class TrackingTokens(IOptions<MessageOptions> options) : IDisposable
{
    /// <summary>Number of the link that people do not see: looks like any other, and only programs follow it.</summary>
    public const int TrapLink = ushort.MaxValue;

    private const int PayloadLength = 1 + 16 + 2;
    private const int SignatureLength = 14; // 33 bytes altogether: base64url without spare bits, so each token has one spelling
    private static ReadOnlySpan<byte> MessageIdPurpose => "message-id"u8;
    private readonly byte[] _key = Convert.FromBase64String(options.Value.LinkKey);

    // One a thread, with the key set up in it: a message has a dozen tokens, and setting up costs more than signing.
    private readonly ThreadLocal<HMACSHA256> _hmac = new(() => new HMACSHA256(Convert.FromBase64String(options.Value.LinkKey)));
    private readonly string _base = options.Value.PublicBaseUrl.AbsoluteUri.TrimEnd('/');
    private readonly string _domain = options.Value.SenderDomain;

    public string LinkUrl(Guid deliveryId, int link) => $"{_base}/t/{Write(TokenPurpose.Link, deliveryId, link)}";

    public string OpenUrl(Guid deliveryId) => $"{_base}/t/o/{Write(TokenPurpose.Open, deliveryId)}.gif";

    public string UnsubscribeUrl(Guid deliveryId) => $"{_base}/p/unsubscribe/{Write(TokenPurpose.Unsubscribe, deliveryId)}";

    public string WhyUrl(Guid deliveryId) => $"{_base}/p/why/{Write(TokenPurpose.Why, deliveryId)}";

    public string CalendarUrl(Guid feedId) => $"{_base}/p/calendar/{Write(TokenPurpose.Calendar, feedId)}.ics";

    /// <summary>The same for the same delivery always, and nobody else's to guess: what became of a message can be asked by it.</summary>
    public string MessageId(Guid deliveryId) => $"{DeliveryTokens.Write(_key, MessageIdPurpose, deliveryId)}@{_domain}";

    /// <summary>The delivery whose Message-ID this is, as replies and returned mails name it; null for any other's.</summary>
    public Guid? ReadMessageId(ReadOnlySpan<char> messageId)
    {
        messageId = messageId.Trim().Trim("<>");
        var at = messageId.IndexOf('@');
        return at >= 0 && messageId[(at + 1)..].Equals(_domain, StringComparison.OrdinalIgnoreCase)
            ? DeliveryTokens.Read(_key, MessageIdPurpose, messageId[..at])
            : null;
    }

    public string Write(TokenPurpose purpose, Guid deliveryId, int link = 0)
    {
        Span<byte> token = stackalloc byte[PayloadLength + SignatureLength];
        token[0] = (byte)purpose;
        deliveryId.TryWriteBytes(token[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(token[17..], checked((ushort)link));
        Sign(token[..PayloadLength], token[PayloadLength..]);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>The delivery and link that a token of ours names; null for anything else.</summary>
    public (Guid DeliveryId, int Link)? Read(TokenPurpose purpose, string text)
    {
        Span<byte> token = stackalloc byte[PayloadLength + SignatureLength];
        if (text.Length != Base64Url.GetEncodedLength(token.Length) || !Base64Url.TryDecodeFromChars(text, token, out var written) || written != token.Length) return null;

        Span<byte> signature = stackalloc byte[SignatureLength];
        Sign(token[..PayloadLength], signature);
        if (!CryptographicOperations.FixedTimeEquals(signature, token[PayloadLength..]) || token[0] != (byte)purpose) return null;
        return (new Guid(token[1..17], bigEndian: true), BinaryPrimitives.ReadUInt16BigEndian(token[17..]));
    }

    public void Dispose() => _hmac.Dispose();

    private void Sign(ReadOnlySpan<byte> payload, Span<byte> signature)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!_hmac.Value!.TryComputeHash(payload, full, out _)) throw new CryptographicException("The signature does not fit.");
        full[..SignatureLength].CopyTo(signature);
    }
}
