using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Grpc;
using Crm.ServiceDefaults.Health;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Crm.ServiceDefaults.Hosting;

/// <summary>What every service does the same way; see the service's <c>Program.cs</c> for what it does on top.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Two ports (REST and probes, gRPC), telemetry, health, problem details, JSON rules, internal tokens, OpenAPI.</summary>
    public static void AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        builder.Host.UseDefaultServiceProvider(options => options.ValidateScopes = options.ValidateOnBuild = true);
        builder.AddPorts();
        builder.AddTelemetry(service);
        builder.AddHealth();
        builder.Services.AddProblems();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<Ids>();
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddSingleton<ActorAccessor>();
        builder.Services.ConfigureHttpJsonOptions(options => ConfigureJson(options.SerializerOptions));
        builder.Services.AddGrpc(options =>
        {
            options.Interceptors.Add<GrpcServerInterceptor>();
            options.MaxReceiveMessageSize = 4 * 1024 * 1024;
        });
        builder.Services.AddOpenApi("v1", ApiDescription.Configure);
        builder.AddInternalTokens();
        builder.Services.AddHostedService<MemoryAtRest>();
    }

    /// <summary>Middleware in the order that matters, then health and the OpenAPI document.</summary>
    public static void UseServiceDefaults(this WebApplication app)
    {
        app.UseProblems();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(WriteFilter.HashBodyAsync);
        app.MapHealth();
        app.MapOpenApi("/openapi.json").AllowAnonymous();
    }

    /// <summary>Strict reading: unknown members, repeated members, numbers in quotes and unknown enum names are refused.</summary>
    public static void ConfigureJson(JsonSerializerOptions json)
    {
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.AllowDuplicateProperties = false;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.MaxDepth = 32;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }

    private static void AddInternalTokens(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<InternalTokenOptions>().BindConfiguration("InternalTokens").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<InternalTokenIssuer>();
        builder.Services.AddAuthentication(InternalTokenHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, InternalTokenHandler>(InternalTokenHandler.SchemeName, null);
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    private static void AddPorts(this WebApplicationBuilder builder)
    {
        var address = IPAddress.Parse(builder.Configuration["BIND_ADDRESS"] ?? "0.0.0.0");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
            kestrel.Listen(address, builder.Configuration.GetValue("HTTP_PORT", 8080), listen => listen.Protocols = HttpProtocols.Http1);
            if (builder.Configuration.GetValue("METRICS_PORT", 0) is > 0 and var metrics) kestrel.Listen(address, metrics, listen => listen.Protocols = HttpProtocols.Http1);
            // Plain text cannot negotiate: HTTP/2 without TLS needs a port of its own. Streams of ingestion have no size of their own.
            kestrel.Listen(address, builder.Configuration.GetValue("GRPC_PORT", 8081), listen => listen.Protocols = HttpProtocols.Http2);
        });
    }
}
