using System.ComponentModel.DataAnnotations;

namespace Crm.Customer;

/// <summary>Section <c>Privacy</c>.</summary>
public sealed class PrivacyOptions
{
    /// <summary>32 random bytes in base64, of which the keys of links, tombstones and certificates are derived. Without it those are unavailable.</summary>
    public string? LinkKey { get; init; }

    /// <summary>Where people reach the gateway: what links in mails begin with.</summary>
    [Required]
    public Uri PublicBaseUrl { get; init; } = new("http://localhost:8080");
}
