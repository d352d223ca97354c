using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Crm.Campaign.Inbound;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Inbound;

/// <summary>
/// Signatures of webhooks as the Standard Webhooks specification has them: HMAC-SHA256 over id, timestamp and body, each with a dot between;
/// several may be given while a key is changed. Five minutes old at most.
/// </summary>
internal sealed class ProviderSignature(IOptions<InboundOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);
    private readonly Dictionary<string, byte[]> _keys = options.Value.Providers.ToDictionary(provider => provider.Name, provider => Convert.FromBase64String(provider.Key));

    /// <summary>The webhook's id where provider, time and signature are right; null otherwise.</summary>
    public string? Verify(string provider, IHeaderDictionary headers, ReadOnlySpan<byte> body)
    {
        string id = headers["webhook-id"].ToString(), timestamp = headers["webhook-timestamp"].ToString();
        if (!_keys.TryGetValue(provider, out var key) || id.Length is 0 or > 200) return null;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(time.GetUtcNow().ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds)
        {
            return null;
        }

        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body], expected);
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var signature in headers["webhook-signature"].ToString().Split(' '))
        {
            if (signature.StartsWith("v1,", StringComparison.Ordinal) && Convert.TryFromBase64String(signature[3..], given, out var length)
                && length == given.Length && CryptographicOperations.FixedTimeEquals(expected, given))
            {
                return id;
            }
        }

        return null;
    }
}
