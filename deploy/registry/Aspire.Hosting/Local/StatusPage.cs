using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Local;

/// <summary>
/// Resources as a page for people, as JSON for programs, and the commands stop, start, restart and scale. Reachable from this
/// machine only; other sites' pages are kept out by the Host and Origin headers.
/// </summary>
internal sealed class StatusPage : IAsyncDisposable
{
    private const int MostReplicas = 32;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly LocalOrchestrator orchestrator;
    private readonly WebApplication app;
    private readonly int port;
    private readonly Dictionary<int, (long At, double Cpu)> samples = [];

    private StatusPage(LocalOrchestrator orchestrator, int port)
    {
        this.orchestrator = orchestrator;
        this.port = port;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Run(HandleAsync);
    }

    public string Url => $"http://localhost:{port}";

    /// <summary>Null when no port is configured, or 0.</summary>
    public static StatusPage? Create(LocalOrchestrator orchestrator, string? setting, List<string> problems)
    {
        if (string.IsNullOrEmpty(setting) || setting == "0") return null;
        if (!int.TryParse(setting, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            problems.Add($"status page: '{setting}' is no port. Set CRM_STATUS_PORT to a number from 1 to 65535, or to 0 for no page.");
        else if (!PortAllocator.IsFree(port))
            problems.Add($"status page: port {port} is already in use by {ProcFileSystem.ListenerOf(port) ?? "another process"}. End that process, or set CRM_STATUS_PORT.");
        else
            return new StatusPage(orchestrator, port);
        return null;
    }

    public Task StartAsync(CancellationToken cancellationToken) => app.StartAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
        {
            await AnswerAsync(context, 421, new { error = "This page answers on localhost only." });
            return;
        }
        if (HttpMethods.IsPost(request.Method) && request.Headers.Origin is { Count: > 0 } origin && origin != $"http://{request.Host}")
        {
            await AnswerAsync(context, 403, new { error = "Commands come from this page or from a program, not from another site." });
            return;
        }
        var path = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var get = HttpMethods.IsGet(request.Method);
        switch (path)
        {
            case [] when get:
                context.Response.ContentType = "text/html; charset=utf-8";
                context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'";
                await using (var page = typeof(StatusPage).Assembly.GetManifestResourceStream("StatusPage.html")!)
                    await page.CopyToAsync(context.Response.Body, context.RequestAborted);
                return;
            case ["api", "resources"] when get:
                await AnswerAsync(context, 200, Describe(orchestrator.Supervisors));
                return;
            case ["api", "resources", var name, .. var rest]:
                if (!orchestrator.TryFind(name, out var supervisor))
                    await AnswerAsync(context, 404, new { error = $"There is no resource '{name}'." });
                else
                    await HandleResourceAsync(context, supervisor!, rest, get);
                return;
            default:
                await AnswerAsync(context, 404, new { error = "Not found." });
                return;
        }
    }

    private async Task HandleResourceAsync(HttpContext context, ResourceSupervisor supervisor, string[] rest, bool get)
    {
        switch (rest)
        {
            case [] when get:
                break;
            case ["logs"] when get:
                var query = context.Request.Query;
                var lines = int.TryParse(query["lines"], CultureInfo.InvariantCulture, out var wanted) ? Math.Clamp(wanted, 1, 2000) : 200;
                var replica = int.TryParse(query["replica"], CultureInfo.InvariantCulture, out var index) ? Math.Clamp(index, 0, MostReplicas) : 0;
                context.Response.ContentType = "text/plain; charset=utf-8";
                await context.Response.WriteAsync(await ResourceLog.ReadTailAsync(supervisor.LogPath(replica), lines, context.RequestAborted), context.RequestAborted);
                return;
            case ["stop"] when !get && supervisor.Runtime.HasProcess:
                await supervisor.StopAsync();
                break;
            case ["start"] when !get && supervisor.Runtime.HasProcess:
                await supervisor.StartAsync();
                break;
            case ["restart"] when !get && supervisor.Runtime.HasProcess:
                await supervisor.RestartAsync();
                break;
            case ["replicas", var text] when !get:
                if (!supervisor.IsProject)
                {
                    await AnswerAsync(context, 409, new { error = $"'{supervisor.Name}' is no project: only projects have replicas." });
                    return;
                }
                if (!int.TryParse(text, CultureInfo.InvariantCulture, out var count) || count is < 0 or > MostReplicas)
                {
                    await AnswerAsync(context, 400, new { error = $"'{text}' is no number of replicas from 0 to {MostReplicas}." });
                    return;
                }
                await supervisor.ScaleAsync(count);
                break;
            default:
                await AnswerAsync(context, 404, new { error = "Not found." });
                return;
        }
        await AnswerAsync(context, 200, Describe([supervisor]).Single());
    }

    private List<object> Describe(IEnumerable<ResourceSupervisor> supervisors)
    {
        var children = ProcFileSystem.ChildrenByParent();
        return [.. supervisors.Select(supervisor =>
        {
            var replicas = supervisor.Replicas.Select(replica =>
            {
                var usage = replica.Pid is { } pid ? ProcFileSystem.UsageOf(pid, children) : default;
                return new
                {
                    replica.Index, replica.State, replica.Pid, Urls = UrlsOf(supervisor, replica.Index), replica.Restarts,
                    Health = HealthOf(replica.State, replica.IsHealthy), replica.HealthDetail, replica.ExitCode,
                    MemoryBytes = usage.ResidentBytes, CpuPercent = replica.Pid is { } id ? CpuPercent(id, usage.CpuSeconds) : 0,
                };
            }).ToList();
            return (object)new
            {
                supervisor.Name,
                Type = supervisor.Resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
                supervisor.State,
                Pid = replicas.FirstOrDefault()?.Pid,
                Urls = replicas.Count > 0 ? [.. replicas.SelectMany(r => r.Urls)] : UrlsOf(supervisor, 0),
                Restarts = replicas.Sum(r => r.Restarts),
                Health = HealthOf(supervisor.State, supervisor.IsHealthy),
                MemoryBytes = replicas.Sum(r => r.MemoryBytes),
                CpuPercent = Math.Round(replicas.Sum(r => r.CpuPercent), 1),
                WantedReplicas = supervisor.Runtime.HasProcess ? supervisor.WantedReplicas : 0,
                Dependencies = supervisor.Dependencies.Select(d => d.Name).Distinct().Order(StringComparer.Ordinal),
                Scalable = supervisor.IsProject,
                Controllable = supervisor.Runtime.HasProcess,
                Replicas = replicas,
            };
        })];
    }

    private static string? HealthOf(string state, bool healthy) => state is States.Running ? (healthy ? "Healthy" : "Unhealthy") : null;

    private static List<object> UrlsOf(ResourceSupervisor supervisor, int replica)
    {
        if (supervisor.Ports is null) return [];
        return [.. supervisor.Endpoints.Select(endpoint =>
        {
            var address = supervisor.Runtime.IsServer ? "127.0.0.1" : "localhost";
            var url = new ResourceUrlAnnotation
            {
                Url = new AllocatedEndpoint(endpoint, address, supervisor.Ports.Of(replica)[endpoint.Name]).UriString,
                Endpoint = supervisor.Resource is IResourceWithEndpoints owner ? new EndpointReference(owner, endpoint.Name) : null,
            };
            foreach (var custom in supervisor.Resource.Annotations.OfType<UrlForEndpointAnnotation>().Where(u => u.EndpointName == endpoint.Name))
                custom.Callback(url);
            return (object)new { endpoint.Name, url.Url, url.DisplayText };
        })];
    }

    private double CpuPercent(int pid, double cpuSeconds)
    {
        lock (samples)
        {
            var now = Environment.TickCount64;
            var known = samples.TryGetValue(pid, out var last);
            if (known && now - last.At < 500) return 0;
            samples[pid] = (now, cpuSeconds);
            return known ? Math.Max(0, Math.Round((cpuSeconds - last.Cpu) / ((now - last.At) / 1000.0) * 100, 1)) : 0;
        }
    }

    private static async Task AnswerAsync(HttpContext context, int status, object body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await JsonSerializer.SerializeAsync(context.Response.Body, body, Json, context.RequestAborted);
    }
}
