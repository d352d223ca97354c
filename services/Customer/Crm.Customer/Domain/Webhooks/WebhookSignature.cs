using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Customer.Domain.Webhooks;

/// <summary>
/// Signatures of webhooks as the Standard Webhooks specification has them: <c>webhook-id</c>, <c>webhook-timestamp</c> (Unix seconds) and <c>webhook-signature</c>, which
/// is <c>v1,</c> and the base64 of HMAC-SHA256 over <c>id.timestamp.body</c>; during a rotation one for each secret, with a space between.
/// </summary>
internal static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>What was signed longer ago, or further ahead, is not believed.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    public static string Sign(IEnumerable<byte[]> secrets, string id, DateTimeOffset at, ReadOnlySpan<byte> body)
    {
        var content = Content(id, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), body);
        return string.Join(' ', secrets.Select(secret => "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, content))));
    }

    public static bool IsValid(IEnumerable<byte[]> secrets, string id, string timestamp, string signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (id.Length is 0 or > 200 || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return false;
        if (Math.Abs(now.ToUnixTimeSeconds() - (double)seconds) > Tolerance.TotalSeconds) return false;
        var content = Content(id, timestamp, body);
        var valid = false;
        var given = signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(10).Where(signature => signature.StartsWith("v1,", StringComparison.Ordinal)).Select(signature => Bytes(signature[3..])).ToArray();
        foreach (var secret in secrets)
        {
            var expected = HMACSHA256.HashData(secret, content);
            foreach (var signature in given) valid |= CryptographicOperations.FixedTimeEquals(expected, signature);
        }

        return valid;
    }

    private static byte[] Content(string id, string timestamp, ReadOnlySpan<byte> body) => [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];

    private static byte[] Bytes(string base64)
    {
        var bytes = new byte[32];
        return Convert.TryFromBase64String(base64, bytes, out var written) && written == bytes.Length ? bytes : [];
    }
}
