using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Crm.ServiceDefaults.Errors;
using Microsoft.Extensions.Options;

namespace Crm.Customer.Domain.Privacy;

/// <summary>What a link entitles to. Part of what is signed: one cannot serve as another.</summary>
internal enum LinkPurpose : byte
{
    Preferences = 1,
    ConfirmConsent = 2,
    ConfirmForm = 3,
}

/// <summary>Keys for what leaves the service or outlives a person, one a purpose (HKDF, RFC 5869, of one secret).</summary>
public sealed class PrivacyKeys(IOptions<PrivacyOptions> options, TimeProvider time)
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, byte[]> _keys = new();

    private const int PayloadLength = 1 + 16 + 4;
    private const int SignatureLength = 18; // 39 bytes altogether: base64url without spare bits, so each token has one spelling

    /// <summary>A link that shows and changes one thing of one customer until it expires. It carries no personal data.</summary>
    internal string Link(string path, LinkPurpose purpose, Guid id, DateTimeOffset expiresAt)
    {
        Span<byte> token = stackalloc byte[PayloadLength + SignatureLength];
        token[0] = (byte)purpose;
        id.TryWriteBytes(token[1..], bigEndian: true, out _);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(token[17..], checked((uint)expiresAt.ToUnixTimeSeconds()));
        Sign("link", token[..PayloadLength])[..SignatureLength].CopyTo(token[PayloadLength..]);
        return $"{options.Value.PublicBaseUrl.AbsoluteUri.TrimEnd('/')}{path}/{Base64Url.EncodeToString(token)}";
    }

    /// <summary>What a link of ours names; null for one that is forged, altered, of another purpose, or expired.</summary>
    internal Guid? Read(LinkPurpose purpose, string text)
    {
        Span<byte> token = stackalloc byte[PayloadLength + SignatureLength];
        if (text.Length != Base64Url.GetEncodedLength(token.Length) || !Base64Url.TryDecodeFromChars(text, token, out var written) || written != token.Length) return null;
        if (!CryptographicOperations.FixedTimeEquals(Sign("link", token[..PayloadLength]).AsSpan(0, SignatureLength), token[PayloadLength..]) || token[0] != (byte)purpose) return null;
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(token[17..]));
        return expiresAt > time.GetUtcNow() ? new Guid(token[1..17], bigEndian: true) : null;
    }

    /// <summary>HMAC-SHA256 of a contact point or source key: recognises it, and tells nobody what it was.</summary>
    internal byte[] Tombstone(string kind, string value) => Sign("tombstone", Encoding.UTF8.GetBytes(kind + "\n" + value));

    /// <summary>Signs a certificate's text.</summary>
    internal string Certify(string text) => Convert.ToBase64String(Sign("certificate", Encoding.UTF8.GetBytes(text)));

    /// <summary>Wraps the keys of single persons.</summary>
    internal byte[] WrappingKey() => KeyOf("subject keys");

    /// <summary>For how long after a rotation the secret before is good.</summary>
    internal static readonly TimeSpan Rotation = TimeSpan.FromDays(1);

    /// <summary>The secrets of a webhook that are good now, the newest first: derived, so that no table holds them.</summary>
    internal IReadOnlyList<byte[]> WebhookSecrets(string owner, int generation, DateTimeOffset? previousUntil) =>
    [
        .. Enumerable.Range(0, previousUntil > time.GetUtcNow() ? 2 : 1).Select(back => Sign("webhook", Encoding.UTF8.GetBytes($"{owner}\n{generation - back}"))),
    ];

    /// <summary>A secret as it is handed over (Standard Webhooks).</summary>
    internal static string ShownSecret(byte[] secret) => "whsec_" + Convert.ToBase64String(secret);

    private byte[] Sign(string purpose, ReadOnlySpan<byte> data) => HMACSHA256.HashData(KeyOf(purpose), data);

    private byte[] KeyOf(string purpose)
    {
        if (options.Value.LinkKey is not { Length: > 0 } secret) throw new ErrorException(PrivacyErrors.NoKey);
        return _keys.GetOrAdd(purpose, name => HKDF.DeriveKey(HashAlgorithmName.SHA256, Convert.FromBase64String(secret), 32, info: Encoding.UTF8.GetBytes("crm-customer " + name)));
    }
}
