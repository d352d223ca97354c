using System.ComponentModel.DataAnnotations;

namespace Crm.DevIdp;

public sealed class DevIdpOptions
{
    /// <summary>Exactly what relying parties have as their authority, without a slash at the end.</summary>
    [Required, Url]
    public string Issuer { get; set; } = "";

    /// <summary>Users and clients with their passwords; made with random ones (mode 600) when it is absent.</summary>
    [Required]
    public string UsersFile { get; set; } = "dev-users.json";

    /// <summary>Where the web sign-in may return to; compared as strings.</summary>
    [MinLength(1)]
    public string[] RedirectUris { get; set; } = [];

    /// <summary>Where a sign-out may return to; compared as strings.</summary>
    public string[] PostLogoutRedirectUris { get; set; } = [];

    /// <summary>Secrets by client id that win over those in <see cref="UsersFile"/>, for relying parties that got theirs elsewhere.</summary>
    public Dictionary<string, string> ClientSecrets { get; set; } = [];

    /// <summary>Requests a minute and address to the pages that check a password or a secret.</summary>
    [Range(1, 100_000)]
    public int AttemptsPerMinute { get; set; } = 300;
}
