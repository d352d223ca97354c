using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration.Memory;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Crm.ServiceDefaults.Telemetry;

public static class TelemetryRegistration
{
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "MassTransit", "Crm.*"];
    private static readonly string[] Meters = ["Microsoft.AspNetCore.*", "System.Net.Http", "System.Runtime", "Npgsql", "MassTransit", "Crm.*"];

    /// <summary>One line a request from the framework says nothing that traces do not; a service's settings may still ask for it.</summary>
    private static readonly KeyValuePair<string, string?>[] DefaultLevels =
    [
        new("Logging:LogLevel:Default", "Information"),
        new("Logging:LogLevel:Microsoft.AspNetCore", "Warning"),
        new("Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks", "Warning"),
        new("Logging:LogLevel:MassTransit", "Error"),
        new("Logging:LogLevel:Npgsql", "Warning"),
    ];

    /// <summary>OpenTelemetry's own bounds count milliseconds.</summary>
    private static readonly ExplicitBucketHistogramConfiguration Seconds = new() { Boundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 0.6, 1, 2.5, 5, 10, 30, 60] };

    /// <summary>
    /// Traces and metrics over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; metrics for Prometheus on <c>/metrics</c> of the management
    /// port when <c>METRICS_PORT</c> is set, and on no other; structured logs with trace ids always.
    /// </summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = DefaultLevels });
        builder.Logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        if (builder.Environment.IsProduction()) builder.Logging.AddJsonConsole(options => options.IncludeScopes = true);
        builder.Services.AddSingleton<IStartupFilter>(_ => new Exporters(service, !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]), builder.Configuration.GetValue("METRICS_PORT", 0)));
    }

    private sealed class Exporters(string service, bool otlp, int port) : IStartupFilter, IDisposable
    {
        private TracerProvider? _traces;
        private MeterProvider? _metrics;

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next)
        {
            var resource = ResourceBuilder.CreateDefault().AddService("crm-" + service);
            if (otlp) _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter().Build();
            var metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters)
                .AddView(instrument => instrument is { Unit: "s", Meter.Name: var meter } && meter.StartsWith("Crm.", StringComparison.Ordinal) ? Seconds : null);
            if (otlp) metrics.AddOtlpExporter();
            if (port > 0) metrics.AddPrometheusExporter();
            if (otlp || port > 0) _metrics = metrics.Build();
            return app =>
            {
                if (port > 0) app.MapWhen(http => http.Connection.LocalPort == port, management => management.UseOpenTelemetryPrometheusScrapingEndpoint(_metrics, null, "/metrics", null, null));
                next(app);
            };
        }

        public void Dispose()
        {
            _traces?.Dispose();
            _metrics?.Dispose();
        }
    }
}
