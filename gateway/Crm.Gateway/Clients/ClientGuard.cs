using System.Globalization;
using System.Security.Claims;
using Crm.Gateway.Authentication;
using Crm.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Crm.Gateway.Clients;

/// <summary>
/// What a machine client may call, beside its roles: the scopes that it was registered with, as often as its quotas allow. GET and HEAD read, everything else writes;
/// streams of bulk intake write.
/// </summary>
internal static class ClientGuard
{
    public static void AddApiClients(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ApiClientOptions>().BindConfiguration("ApiClients").ValidateOnStart();
        builder.Services.AddSingleton<ApiClients>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ApiClients>());
        builder.Services.AddSingleton<ClientQuotas>();
    }

    public static void UseClientGuard(this WebApplication app)
    {
        var (clients, quotas) = (app.Services.GetRequiredService<ApiClients>(), app.Services.GetRequiredService<ClientQuotas>());
        var required = app.Services.GetRequiredService<IOptions<ApiClientOptions>>().Value.RequireRegistration;
        app.Use(async (http, next) =>
        {
            if (http.User.Identity?.AuthenticationType != BearerHandler.SchemeName || ServiceOf(http.Request.Path) is not { } service)
            {
                await next(http);
                return;
            }

            var subject = http.User.FindFirstValue("sub")!;
            if (clients.Find(subject) is not { } client)
            {
                if (required) await Refuse(http, Error.Forbidden("auth.client_unregistered", "This client is not registered here."));
                else await next(http);
                return;
            }

            if (!client.IsActive)
            {
                await Refuse(http, Error.Forbidden("auth.client_disabled", "This client is switched off."));
                return;
            }

            if (!client.May(service, HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)))
            {
                await Refuse(http, Error.Forbidden("auth.scope_missing", $"This client has no scope for this at {service}."));
                return;
            }

            var wait = await quotas.TakeAsync(client, http.RequestAborted);
            clients.Count(subject, granted: wait is null);
            if (wait is null) await next(http);
            else await RefuseAsync(http, wait.Value);
        });
    }

    /// <summary>The service that a path leads to: <c>/api/sales/...</c>, <c>/crm.sales.v1.PurchaseIngestion/...</c>.</summary>
    internal static string? ServiceOf(PathString path)
    {
        var parts = (path.Value ?? "").Split('/', 4);
        if (parts.Length < 3) return null;
        if (parts[1].Equals("api", StringComparison.OrdinalIgnoreCase)) return parts[2].ToLowerInvariant();
        return parts[1].StartsWith("crm.", StringComparison.Ordinal) && parts[1].Split('.') is [_, var service, ..] ? service : null;
    }

    private static Task Refuse(HttpContext http, Error error) => error.ToProblem().ExecuteAsync(http);

    private static async Task RefuseAsync(HttpContext http, TimeSpan wait)
    {
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        await http.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = http,
            ProblemDetails = new ProblemDetails
            {
                Status = StatusCodes.Status429TooManyRequests, Detail = "The client's quota is used up. Try again after the time in Retry-After.", Extensions = { ["code"] = "request.quota_exceeded" },
            },
        });
    }
}
