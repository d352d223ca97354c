using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Crm.Probe;

/// <summary>The outcome as metrics: over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, and in Prometheus' text format.</summary>
internal static class ProbeMetrics
{
    public static string Text(bool success, IReadOnlyList<(string Step, double Seconds)> steps, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append("# HELP crm_probe_success Whether the last run found everything as it must be.\n# TYPE crm_probe_success gauge\n");
        text.Append(CultureInfo.InvariantCulture, $"crm_probe_success {(success ? 1 : 0)}\n");
        text.Append("# HELP crm_probe_last_run_seconds When the last run ended, in seconds since 1970.\n# TYPE crm_probe_last_run_seconds gauge\n");
        text.Append(CultureInfo.InvariantCulture, $"crm_probe_last_run_seconds {now.ToUnixTimeSeconds()}\n");
        text.Append("# HELP crm_probe_step_seconds Duration of each step of the last run.\n# TYPE crm_probe_step_seconds gauge\n");
        foreach (var (step, seconds) in steps) text.Append(CultureInfo.InvariantCulture, $"crm_probe_step_seconds{{step=\"{step}\"}} {seconds:0.####}\n");
        return text.ToString();
    }

    /// <summary>Whole or not at all: whoever reads the file meanwhile sees the one before.</summary>
    public static void Write(string path, string text)
    {
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true);
    }

    public static void Push(bool success, IReadOnlyList<(string Step, double Seconds)> steps, DateTimeOffset now)
    {
        using var meter = new Meter("Crm.Probe");
        using var provider = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(ResourceBuilder.CreateDefault().AddService("crm-probe")).AddMeter("Crm.Probe").AddOtlpExporter().Build();
        meter.CreateObservableGauge("crm.probe.success", () => success ? 1 : 0);
        meter.CreateObservableGauge("crm.probe.last_run", () => now.ToUnixTimeSeconds(), "s");
        meter.CreateObservableGauge("crm.probe.step", () => steps.Select(step => new Measurement<double>(step.Seconds, new KeyValuePair<string, object?>("step", step.Step))), "s");
        provider.ForceFlush(5000);
    }
}
