using System.Globalization;

// A small service for the app host's tests: shows its environment, and ends when told to.
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls($"http://127.0.0.1:{builder.Configuration["HTTP_PORT"]}");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var app = builder.Build();
app.MapGet("/health/ready", () => "ready");
app.MapGet("/health/live", () => "live");
app.MapGet("/pid", () => Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
app.MapGet("/env/{name}", (string name) => Environment.GetEnvironmentVariable(name) ?? "");
app.MapPost("/exit/{code:int}", (int code) => Environment.Exit(code));
app.Run();
