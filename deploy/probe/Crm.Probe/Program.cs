using Crm.Probe;

// The correctness probe: 0 everything is as it must be, 1 something is not, 2 the probe is not set up.
ProbeOptions options;
try
{
    options = ProbeOptions.FromEnvironment();
}
catch (Exception exception) when (exception is ProbeException or IOException or FormatException)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}

var time = TimeProvider.System;
using var api = new PlatformApi(options, time);
var journey = new Journey(api, options, time);
string? fault = null;
using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4)); // the next run comes after five
try
{
    await journey.RunAsync(limit.Token);
}
catch (Exception exception) when (exception is ProbeException or HttpRequestException or OperationCanceledException or InvalidOperationException or KeyNotFoundException or System.Text.Json.JsonException)
{
    fault = exception.Message;
}

foreach (var (step, seconds) in journey.Steps) Console.WriteLine($"{step,-16} {seconds,8:0.000} s");
if (api.SentAgain > 0) Console.WriteLine($"{api.SentAgain} answers were 503 with Retry-After; those requests were sent again.");
Console.WriteLine(fault is null ? "All is as it must be." : "Wrong: " + fault);
if (options.MetricsFile is not null) ProbeMetrics.Write(options.MetricsFile, ProbeMetrics.Text(fault is null, journey.Steps, time.GetUtcNow()));
if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }) ProbeMetrics.Push(fault is null, journey.Steps, time.GetUtcNow());
return fault is null ? 0 : 1;
