using System.ComponentModel.DataAnnotations;

namespace Crm.Gateway.Authentication;

/// <summary>The identity provider, any that speaks OpenID Connect, and how its claims read.</summary>
public sealed class OidcOptions
{
    /// <summary>Issuer; <c>/.well-known/openid-configuration</c> is below it.</summary>
    [Required, Url]
    public string Authority { get; set; } = "";

    [Required]
    public string ClientId { get; set; } = "gateway";

    [Required]
    public string ClientSecret { get; set; } = "";

    public string[] Scopes { get; set; } = ["openid", "profile", "email"];

    /// <summary>Audience of the access tokens of machine clients.</summary>
    [Required]
    public string ApiAudience { get; set; } = "crm-api";

    /// <summary>Accepted <c>typ</c> of access tokens. RFC 9068 says <c>at+jwt</c>; Entra says <c>JWT</c>.</summary>
    [MinLength(1)]
    public string[] AccessTokenTypes { get; set; } = ["at+jwt"];

    /// <summary>Path to the roles, with dots: <c>roles</c> (Entra), <c>realm_access.roles</c> (Keycloak).</summary>
    [Required]
    public string RoleClaim { get; set; } = "roles";

    [Required]
    public string UnitClaim { get; set; } = "unit";

    /// <summary>The provider's name of a role to ours, where they differ. Whatever then is no role of ours is dropped.</summary>
    public Dictionary<string, string> RoleMap { get; set; } = [];
}
