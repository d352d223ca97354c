using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Crm.Gateway.Authentication;

internal static class AuthenticationRegistration
{
    /// <summary>Policy of the gRPC ingress: machine clients that may bring data in bulk.</summary>
    public const string IngestionPolicy = "ingestion";

    private const string Either = "SessionOrBearer";

    public static void AddAuthentication(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<OidcOptions>().BindConfiguration("Oidc").ValidateDataAnnotations()
            .Validate<IHostEnvironment>(
                (options, environment) => !environment.IsProduction() || options.Authority.StartsWith("https://", StringComparison.Ordinal),
                "Oidc:Authority must be https in Production; the development identity provider is not accepted there.")
            .ValidateOnStart();
        services.AddSingleton<OidcProvider>();
        services.AddSingleton<ValidatedTokens>();
        services.AddSingleton<SessionStore>();
        services.AddHostedService<SessionCleaning>();
        services.AddDataProtection().SetApplicationName("crm-gateway");
        services.AddSingleton<DataProtectionKeys>();
        services.AddOptions<KeyManagementOptions>().Configure<DataProtectionKeys>((options, keys) => options.XmlRepository = keys);

        services.AddAuthentication(Either)
            .AddPolicyScheme(Either, null, options => options.ForwardDefaultSelector = http =>
                http.Request.Headers.Authorization.Count > 0 ? BearerHandler.SchemeName : SessionHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, SessionHandler>(SessionHandler.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerHandler.SchemeName, null)
            .AddOAuth<OAuthOptions, OidcHandler>(OidcHandler.SchemeName, _ => { });
        services.AddOptions<OAuthOptions>(OidcHandler.SchemeName).Configure<IOptions<OidcOptions>>(Configure);
        services.AddAuthorizationBuilder().AddPolicy(
            IngestionPolicy, policy => policy.AddAuthenticationSchemes(BearerHandler.SchemeName).RequireRole(Roles.Integration));
    }

    private static void Configure(OAuthOptions oauth, IOptions<OidcOptions> oidc)
    {
        oauth.ClientId = oidc.Value.ClientId;
        oauth.ClientSecret = oidc.Value.ClientSecret;
        // Both endpoints come from discovery, see OidcHandler.
        oauth.AuthorizationEndpoint = oauth.TokenEndpoint = oidc.Value.Authority;
        oauth.CallbackPath = SignIn.CallbackPath;
        oauth.SignInScheme = SessionHandler.SchemeName;
        oauth.UsePkce = true;
        oauth.SaveTokens = false;
        oauth.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(10);
        oauth.BackchannelTimeout = TimeSpan.FromSeconds(5);
        oauth.Scope.Clear();
        foreach (var scope in oidc.Value.Scopes) oauth.Scope.Add(scope);
        oauth.CorrelationCookie.Name = "crm-sign-in.";
        oauth.CorrelationCookie.SameSite = SameSiteMode.Lax;
        oauth.CorrelationCookie.SecurePolicy = CookieSecurePolicy.Always;
        oauth.Events.OnRemoteFailure = context =>
        {
            context.HandleResponse();
            return SignIn.ExplainFailureAsync(context.HttpContext, (context.Failure as ErrorException ?? context.Failure?.InnerException as ErrorException)?.Error);
        };
    }
}
