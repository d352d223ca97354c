using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Crm.DevIdp;

/// <summary>What a code was given for; all of it must match when it is redeemed.</summary>
internal sealed record Grant(User User, string ClientId, string RedirectUri, string CodeChallenge, string? Nonce, DateTimeOffset AuthenticatedAt);

/// <summary>Codes of 256 random bits that work once, within 60 seconds.</summary>
internal sealed class AuthorizationCodes(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, Grant> _grants = new(StringComparer.Ordinal);

    public string Issue(Grant grant)
    {
        foreach (var (old, _) in _grants.Where(entry => IsExpired(entry.Value))) _grants.TryRemove(old, out _);
        var code = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
        _grants[code] = grant;
        return code;
    }

    /// <summary>Uses the code up, whether or not it fits.</summary>
    public Grant? Redeem(string code, string clientId, string redirectUri, string codeVerifier)
    {
        if (!_grants.TryRemove(code, out var grant) || IsExpired(grant)) return null;
        var challenge = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(codeVerifier)));
        return grant.ClientId == clientId && grant.RedirectUri == redirectUri && codeVerifier.Length is >= 43 and <= 128
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(challenge), Encoding.ASCII.GetBytes(grant.CodeChallenge))
            ? grant
            : null;
    }

    private bool IsExpired(Grant grant) => time.GetUtcNow() - grant.AuthenticatedAt > Lifetime;
}
