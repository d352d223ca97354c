using System.Security.Cryptography;
using System.Text;

namespace Crm.Customer.Domain.Privacy;

/// <summary>
/// What people wrote about a person, under that person's own key: AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. It is bound to its place (owner,
/// row and column are authenticated with it): moved to another row or column it does not open. Layout: version (1), owner (16), nonce (12), tag (16), ciphertext.
/// </summary>
internal static class SealedValue
{
    public const int KeyLength = 32;
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeaderLength = 1 + 16 + NonceLength + TagLength;

    /// <summary>What a sealed text begins with: a character that no text of a person may have.</summary>
    public const char Mark = '\u0001';

    public static byte[] Seal(ReadOnlySpan<byte> key, Guid owner, Guid row, string column, ReadOnlySpan<byte> content)
    {
        var value = new byte[HeaderLength + content.Length];
        value[0] = Version;
        owner.TryWriteBytes(value.AsSpan(1), bigEndian: true, out _);
        var nonce = value.AsSpan(17, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce, content, value.AsSpan(HeaderLength), value.AsSpan(17 + NonceLength, TagLength), Place(owner, row, column));
        return value;
    }

    /// <summary>Whose key opens it; null for what is no sealed value.</summary>
    public static Guid? OwnerOf(ReadOnlySpan<byte> value) => value.Length >= HeaderLength && value[0] == Version ? new Guid(value[1..17], bigEndian: true) : null;

    /// <summary>Null where the key, the place or the value is not the one it was sealed with.</summary>
    public static byte[]? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, Guid row, string column)
    {
        if (OwnerOf(value) is not { } owner) return null;
        var content = new byte[value.Length - HeaderLength];
        using var aes = new AesGcm(key, TagLength);
        try
        {
            aes.Decrypt(value.Slice(17, NonceLength), value[HeaderLength..], value.Slice(17 + NonceLength, TagLength), content, Place(owner, row, column));
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    public static string ToText(byte[] value) => Mark + Convert.ToBase64String(value);

    /// <summary>Null for a text that is not sealed.</summary>
    public static byte[]? FromText(string? text)
    {
        if (text is not [Mark, .. var base64]) return null;
        var value = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, value, out var length) && OwnerOf(value.AsSpan(0, length)) is not null ? value[..length] : null;
    }

    private static byte[] Place(Guid owner, Guid row, string column) => [.. owner.ToByteArray(bigEndian: true), .. row.ToByteArray(bigEndian: true), .. Encoding.UTF8.GetBytes(column)];
}
