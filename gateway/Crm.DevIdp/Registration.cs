using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Crm.DevIdp;

internal static class Registration
{
    public const string AttemptsPolicy = "attempts";

    public static void AddDevIdp(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var port = configuration.GetValue("HTTP_PORT", 8085);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 64 * 1024;
            kestrel.Listen(IPAddress.Parse(configuration["BIND_ADDRESS"] ?? "127.0.0.1"), port);
        });

        builder.Services.AddOptions<DevIdpOptions>().BindConfiguration("DevIdp")
            .Configure(options =>
            {
                if (options.Issuer.Length == 0) options.Issuer = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
                if (options.RedirectUris.Length == 0) options.RedirectUris = ["http://localhost:8080/signin/callback", "http://127.0.0.1:8080/signin/callback"];
                if (options.PostLogoutRedirectUris.Length == 0)
                {
                    // A relying party that signs in at HOST is at home at HOST.
                    options.PostLogoutRedirectUris = [.. options.RedirectUris.Select(uri => new Uri(uri).GetLeftPart(UriPartial.Authority) + "/")];
                }
            })
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => AccountFile.LoadOrCreate(provider.GetRequiredService<IOptions<DevIdpOptions>>().Value));
        builder.Services.AddSingleton<PasswordCheck>();
        builder.Services.AddSingleton<AuthorizationCodes>();
        builder.Services.AddSingleton<TokenFactory>();
        // Made before the port opens: who finds the provider healthy finds the file.
        builder.Services.AddHostedService<AccountsReady>();
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.AddPolicy(AttemptsPolicy, http => RateLimitPartition.GetFixedWindowLimiter(
                http.Connection.RemoteIpAddress?.ToString() ?? "",
                _ => new FixedWindowRateLimiterOptions
                {
                    PermitLimit = http.RequestServices.GetRequiredService<IOptions<DevIdpOptions>>().Value.AttemptsPerMinute,
                    Window = TimeSpan.FromMinutes(1),
                }));
        });
    }

    private sealed class AccountsReady(PasswordCheck passwords, IOptions<DevIdpOptions> options, ILogger<AccountsReady> log) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            log.LogInformation("Issuer {Issuer}; {Count} users of {File}", options.Value.Issuer, passwords.UserCount, options.Value.UsersFile);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
