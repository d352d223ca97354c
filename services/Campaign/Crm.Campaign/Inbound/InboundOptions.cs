using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Inbound;

/// <summary>Section <c>Inbound</c>: how bounces, complaints and replies come in. Needs <c>Campaign:BounceDomain</c> to be of any use.</summary>
public sealed class InboundOptions : IValidatableObject
{
    public const string Section = "Inbound";

    /// <summary>Port of the SMTP receiver; 0 is none.</summary>
    [Range(0, 65535)]
    public int SmtpPort { get; init; }

    /// <summary>The receiver's name in its greeting: what the MX record names.</summary>
    [Required]
    [RegularExpression("[A-Za-z0-9.-]{1,255}")]
    public string HostName { get; init; } = "localhost";

    /// <summary>Octets of a mail, by SMTP and by HTTP. A returned mail may hold the whole message.</summary>
    [Range(64 * 1024, 20 * 1024 * 1024)]
    public int MaxMessageSize { get; init; } = 1024 * 1024;

    /// <summary>SMTP sessions at a time; further ones are asked to come again.</summary>
    [Range(1, 1000)]
    public int MaxSessions { get; init; } = 50;

    /// <summary>For one command line as a whole (RFC 5321 section 4.5.3.2.7).</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For the content of one mail as a whole.</summary>
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>PEM of the certificate offered with STARTTLS; none: STARTTLS is not offered.</summary>
    public string? CertificateFile { get; init; }

    public string? CertificateKeyFile { get; init; }

    /// <summary>So many messages that bounced softly within <see cref="SoftBounceDays"/> suppress the address.</summary>
    [Range(2, 100)]
    public int SoftBounceLimit { get; init; } = 5;

    [Range(1, 365)]
    public int SoftBounceDays { get; init; } = 30;

    /// <summary>Days that quarantined mail is kept; what is known of other mail is kept a year.</summary>
    [Range(1, 365)]
    public int QuarantineDays { get; init; } = 30;

    /// <summary>Who may send provider events.</summary>
    public IReadOnlyList<InboundProvider> Providers { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CertificateFile is null != CertificateKeyFile is null) yield return new ValidationResult("Inbound:CertificateFile and Inbound:CertificateKeyFile must be given together.", [nameof(CertificateFile)]);
        if (CommandTimeout <= TimeSpan.Zero || DataTimeout <= TimeSpan.Zero) yield return new ValidationResult("Inbound: timeouts must be positive.", [nameof(CommandTimeout)]);
        foreach (var provider in Providers)
        {
            var key = new byte[provider.Key.Length];
            if (provider.Name.Length is 0 or > 40 || !provider.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
                yield return new ValidationResult("Inbound:Providers: a name is lower-case letters, digits and hyphens.", [nameof(Providers)]);
            if (!Convert.TryFromBase64String(provider.Key, key, out var length) || length < 24)
                yield return new ValidationResult($"Inbound:Providers: the key of {provider.Name} must be at least 24 bytes in base64.", [nameof(Providers)]);
        }
    }
}

/// <param name="Name">Last part of the address that it posts to.</param>
/// <param name="Key">Shared secret, base64, as Standard Webhooks has it behind "whsec_".</param>
public sealed record InboundProvider(string Name, string Key)
{
    public InboundProvider() : this("", "")
    {
    }
}
