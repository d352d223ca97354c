using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Smtp.Dkim;

/// <summary>Section <c>Dkim</c>: the keys that mails are signed with. Without any, the relay has to sign.</summary>
public sealed record DkimOptions
{
    public const string Section = "Dkim";

    /// <summary>All keys of the sender address's domain sign, else those of the nearest domain above it (DMARC's relaxed alignment).</summary>
    public IReadOnlyList<DkimKeyOptions> Keys { get; init; } = [];
}

/// <summary>One key. Its public half is the TXT record <c>Selector._domainkey.Domain</c>.</summary>
public sealed record DkimKeyOptions
{
    public string Domain { get; init; } = "";

    public string Selector { get; init; } = "";

    /// <summary>PEM: RSA (2048 bits advised, RFC 8301) or Ed25519 (RFC 8463). With both under two selectors, each mail has two signatures.</summary>
    public string? PrivateKey { get; init; }

    /// <summary>A file with that PEM, instead of <see cref="PrivateKey"/>.</summary>
    public string? PrivateKeyFile { get; init; }

    /// <summary>Never prints the key.</summary>
    public override string ToString() => $"{Selector}._domainkey.{Domain}";
}

/// <summary>Reads every key once, so that a wrong one stops the start and not the sending.</summary>
public sealed class DkimOptionsValidator : IValidateOptions<DkimOptions>
{
    public ValidateOptionsResult Validate(string? name, DkimOptions options)
    {
        var faults = new List<string>();
        for (var i = 0; i < options.Keys.Count; i++)
        {
            try
            {
                DkimKey.Load(options.Keys[i]).Dispose();
            }
            catch (Exception exception) when (exception is ArgumentException or CryptographicException or IOException or UnauthorizedAccessException or InvalidCastException)
            {
                faults.Add($"Dkim:Keys:{i} ({options.Keys[i]}): {exception.Message}");
            }
        }

        var twice = options.Keys.GroupBy(key => key.ToString(), StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1);
        faults.AddRange(twice.Select(group => $"Dkim:Keys has {group.Key} twice."));
        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
