using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Smtp;

public enum SmtpSecurity
{
    /// <summary>Plain TCP. Only for a relay on the same host or a trusted network.</summary>
    None,

    /// <summary>STARTTLS when the server offers it (RFC 3207), plain text otherwise. A bad certificate is still refused.</summary>
    StartTls,

    /// <summary>STARTTLS or no connection.</summary>
    StartTlsRequired,

    /// <summary>TLS from the first byte (RFC 8314), usually port 465.</summary>
    Tls,
}

/// <summary>How long a reply may take as a whole, not per byte. Defaults are the minima of RFC 5321 section 4.5.3.2.</summary>
public sealed record SmtpTimeouts
{
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan Greeting { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan Command { get; init; } = TimeSpan.FromMinutes(5);
    public TimeSpan DataInitiation { get; init; } = TimeSpan.FromMinutes(2);
    public TimeSpan DataBlock { get; init; } = TimeSpan.FromMinutes(3);
    public TimeSpan DataTermination { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan Quit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a cancelled batch may still wait for replies to what is already on the wire.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    internal IEnumerable<TimeSpan> All() => [Connect, Greeting, Command, DataInitiation, DataBlock, DataTermination, Quit, Drain];
}

/// <summary>One relay: where it is, how to speak to it, how many connections to hold.</summary>
public sealed record SmtpOptions
{
    public string Host { get; init; } = "";
    public int Port { get; init; } = 25;
    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTlsRequired;

    public string? UserName { get; init; }
    public string? Password { get; init; }

    /// <summary>AUTH PLAIN and LOGIN carry the password readably; without TLS they are refused unless this is set.</summary>
    public bool AllowPlaintextAuthentication { get; init; }

    /// <summary>The name given in EHLO: a fully qualified domain name or an address literal.</summary>
    public string ClientName { get; init; } = "localhost";

    /// <summary>PEM file of certificate authorities trusted instead of the system's.</summary>
    public string? TrustedCertificateAuthorities { get; init; }

    public X509RevocationMode RevocationMode { get; init; } = X509RevocationMode.NoCheck;

    public SmtpTimeouts Timeouts { get; init; } = new();

    public int MaxConnections { get; init; } = 10;
    public int MaxMessagesPerConnection { get; init; } = 1_000;

    /// <summary>An idle connection older than this is closed with QUIT.</summary>
    public TimeSpan IdleLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A connection idle for longer than this is checked with NOOP before it is used again.</summary>
    public TimeSpan CheckIdleAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Every fault of the options, one sentence each, starting with the option's name; empty when valid.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (Host.Length == 0 || Host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) faults.Add($"{nameof(Host)} must be a host name or an address.");
        if (Port is < 1 or > 65535) faults.Add($"{nameof(Port)} must be between 1 and 65535.");
        if (!Enum.IsDefined(Security)) faults.Add($"{nameof(Security)} must be None, StartTls, StartTlsRequired or Tls.");
        if (UserName is null != Password is null) faults.Add($"{nameof(UserName)} and {nameof(Password)} must be given together.");
        if (UserName?.Contains('\0') == true || Password?.Contains('\0') == true) faults.Add($"{nameof(UserName)} and {nameof(Password)} must not contain NUL.");
        if (UserName is not null && Security == SmtpSecurity.None && !AllowPlaintextAuthentication)
            faults.Add($"{nameof(Security)} None would send the password readably; set {nameof(AllowPlaintextAuthentication)} to accept that.");
        if (ClientName.Length is 0 or > 255 || ClientName.Any(c => c is <= ' ' or >= '\x7f')) faults.Add($"{nameof(ClientName)} must be a domain name or an address literal.");
        faults.AddRange(TrustFaults());
        if (MaxConnections < 1) faults.Add($"{nameof(MaxConnections)} must be at least 1.");
        if (MaxMessagesPerConnection < 1) faults.Add($"{nameof(MaxMessagesPerConnection)} must be at least 1.");
        if (!IsDuration(IdleLifetime)) faults.Add($"{nameof(IdleLifetime)} must be positive and at most a day.");
        if (CheckIdleAfter < TimeSpan.Zero) faults.Add($"{nameof(CheckIdleAfter)} must not be negative.");
        if (!Timeouts.All().All(IsDuration)) faults.Add($"{nameof(Timeouts)} must be positive and at most a day each.");
        return faults;

        static bool IsDuration(TimeSpan value) => value > TimeSpan.Zero && value <= TimeSpan.FromDays(1);
    }

    /// <exception cref="ArgumentException">An option is wrong; the message names each.</exception>
    public SmtpOptions EnsureValid() => Faults() is { Count: > 0 } faults ? throw new ArgumentException(string.Join(' ', faults)) : this;

    /// <summary>Never prints the password.</summary>
    public override string ToString() => $"{Host}:{Port} ({Security})";

    internal X509Certificate2Collection LoadTrustedAuthorities()
    {
        var authorities = new X509Certificate2Collection();
        if (TrustedCertificateAuthorities is { } path) authorities.ImportFromPemFile(path);
        return authorities;
    }

    private IEnumerable<string> TrustFaults()
    {
        if (TrustedCertificateAuthorities is null) yield break;
        string? fault = null;
        try
        {
            if (LoadTrustedAuthorities().Count == 0) fault = "holds no certificate";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            fault = e.Message;
        }
        if (fault is not null) yield return $"{nameof(TrustedCertificateAuthorities)} cannot be read: {fault}.";
    }
}

/// <summary>For <c>AddOptions&lt;SmtpOptions&gt;().ValidateOnStart()</c>.</summary>
public sealed class SmtpOptionsValidator : IValidateOptions<SmtpOptions>
{
    public ValidateOptionsResult Validate(string? name, SmtpOptions options) =>
        options.Faults() is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
}
