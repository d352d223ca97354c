using System.Security.Cryptography;

namespace Crm.Campaign.Delivery;

/// <summary>
/// A delivery named and signed in characters that survive a mail system that knows no upper and lower case: 16 octets of id and 14 of
/// HMAC-SHA256, as 48 characters of base32 (RFC 4648 section 6, no padding).
/// </summary>
internal static class DeliveryTokens
{
    public const int Length = 48;
    private const int IdLength = 16;
    private const int SignatureLength = 14;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <param name="purpose">Part of what is signed: a token that recipients see must not serve as one that they do not.</param>
    public static string Write(byte[] key, ReadOnlySpan<byte> purpose, Guid deliveryId)
    {
        Span<byte> token = stackalloc byte[IdLength + SignatureLength];
        deliveryId.TryWriteBytes(token, bigEndian: true, out _);
        Sign(key, purpose, token[..IdLength], token[IdLength..]);
        return string.Create(Length, token, static (text, octets) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                var (octet, shift) = (i * 5 / 8, 11 - i * 5 % 8);
                var pair = (octets[octet] << 8) | (octet + 1 < octets.Length ? octets[octet + 1] : 0);
                text[i] = Alphabet[(pair >> shift) & 31];
            }
        });
    }

    /// <summary>The delivery that a token of ours names, in whichever case; null for anything else.</summary>
    public static Guid? Read(byte[] key, ReadOnlySpan<byte> purpose, ReadOnlySpan<char> text)
    {
        if (text.Length != Length) return null;
        Span<byte> token = stackalloc byte[IdLength + SignatureLength];
        var (bits, count, at) = (0, 0, 0);
        foreach (var character in text)
        {
            var value = Alphabet.IndexOf(char.ToLowerInvariant(character), StringComparison.Ordinal);
            if (value < 0) return null;
            bits = ((bits << 5) | value) & 0xFFF;
            count += 5;
            if (count < 8) continue;
            count -= 8;
            token[at++] = (byte)(bits >> count);
        }

        Span<byte> signature = stackalloc byte[SignatureLength];
        Sign(key, purpose, token[..IdLength], signature);
        return CryptographicOperations.FixedTimeEquals(signature, token[IdLength..]) ? new Guid(token[..IdLength], bigEndian: true) : null;
    }

    private static void Sign(byte[] key, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> id, Span<byte> signature)
    {
        Span<byte> input = stackalloc byte[32 + IdLength];
        purpose.CopyTo(input);
        id.CopyTo(input[purpose.Length..]);
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, input[..(purpose.Length + IdLength)], full);
        full[..signature.Length].CopyTo(signature);
    }
}
