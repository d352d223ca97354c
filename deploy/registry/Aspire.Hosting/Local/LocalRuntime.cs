using System.Globalization;
using System.Xml.Linq;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.Local;

/// <summary>What the engine lends to a runtime.</summary>
internal sealed record LocalContext(
    HomeDirectory Home, PortAllocator Ports, IConfiguration Configuration, DistributedApplicationExecutionContext ExecutionContext);

/// <summary>A replica's processes: the one that is supervised, and helpers that live and die with it.</summary>
internal sealed record LaunchPlan(LaunchSpec Main, params LaunchSpec[] Companions);

/// <summary>How one resource is run on this machine.</summary>
internal abstract class LocalRuntime : IResourceAnnotation
{
    /// <summary>False: nothing is started here (a database inside a server, a server that is given).</summary>
    public virtual bool HasProcess => true;

    /// <summary>A server that does not come up ends the run; a project is retried.</summary>
    public virtual bool IsServer => false;

    public virtual bool HasHealthCheck => false;

    /// <summary>The resource that this one lives in.</summary>
    public virtual IResource? Parent => null;

    /// <summary>What can be told to be wrong before anything is started, each with what to do.</summary>
    public virtual IEnumerable<string> FindProblems(LocalContext context) => [];

    /// <summary>Once, before the first launch.</summary>
    public virtual Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task<LaunchPlan> PlanAsync(LocalContext context, int replica, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    /// <summary>Throws while the resource is not healthy.</summary>
    public virtual Task CheckAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

internal sealed class PassiveRuntime : LocalRuntime
{
    public override bool HasProcess => false;
}

internal sealed class ContainerRuntime(string image) : LocalRuntime
{
    public override IEnumerable<string> FindProblems(LocalContext context)
        => [$"it is the container {image}, and this local app host runs no containers. Build with OfficialPackages=true, or model it as an executable."];
}

/// <summary>Executables and projects: environment, arguments and ports come from the model.</summary>
internal abstract class ModelledRuntime : LocalRuntime
{
    protected IResource Resource { get; private set; } = null!;

    public void Attach(IResource resource) => Resource = resource;

    protected async Task<Dictionary<string, string>> EnvironmentAsync(LocalContext context, int replica, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, object>();
        var callbackContext = new EnvironmentCallbackContext(context.ExecutionContext, Resource, values, NullLogger.Instance, cancellationToken);
        foreach (var annotation in Resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(callbackContext);
        if (Resource.TryGetLastAnnotation<ReplicaPortsAnnotation>(out var ports))
        {
            foreach (var endpoint in Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.TargetPortEnvironmentVariable is not null))
                values[endpoint.TargetPortEnvironmentVariable!] = ports.Of(replica)[endpoint.Name].ToString(CultureInfo.InvariantCulture);
        }
        var texts = new Dictionary<string, string>(values.Count);
        foreach (var (key, value) in values) texts[key] = await TextAsync(value, cancellationToken);
        return texts;
    }

    protected async Task<List<string>> ArgumentsAsync(CancellationToken cancellationToken)
    {
        var arguments = new List<object>();
        foreach (var annotation in Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(new CommandLineArgsCallbackContext(arguments, cancellationToken));
        var texts = new List<string>(arguments.Count);
        foreach (var argument in arguments) texts.Add(await TextAsync(argument, cancellationToken));
        return texts;
    }

    private static async Task<string> TextAsync(object value, CancellationToken cancellationToken) => value switch
    {
        IValueProvider provider => await provider.GetValueAsync(cancellationToken) ?? "",
        IResourceBuilder<IResourceWithConnectionString> builder => await builder.Resource.GetConnectionStringAsync(cancellationToken) ?? "",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}

internal sealed class ExecutableRuntime : ModelledRuntime
{
    private ExecutableResource Executable => (ExecutableResource)Resource;

    public override IEnumerable<string> FindProblems(LocalContext context)
    {
        if (!Directory.Exists(Executable.WorkingDirectory))
            yield return $"its working directory {Executable.WorkingDirectory} does not exist.";
        if (Programs.Find(Executable.Command, Executable.WorkingDirectory) is null)
            yield return $"the program '{Executable.Command}' is not on PATH. Install it.";
    }

    public override async Task<LaunchPlan> PlanAsync(LocalContext context, int replica, CancellationToken cancellationToken)
        => new(new LaunchSpec(Programs.Find(Executable.Command, Executable.WorkingDirectory)!, await ArgumentsAsync(cancellationToken))
        {
            WorkingDirectory = Executable.WorkingDirectory,
            Environment = await EnvironmentAsync(context, replica, cancellationToken),
            InheritEnvironment = true,
        });
}

/// <summary>A project is started from its built output, not built here.</summary>
internal sealed class ProjectRuntime(string projectPath) : ModelledRuntime
{
    /// <summary>What the app host itself was told to listen on is not for its projects.</summary>
    private static readonly string[] OwnAddresses = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE"];

    public override IEnumerable<string> FindProblems(LocalContext context)
    {
        if (!File.Exists(projectPath))
            yield return $"its project file {projectPath} does not exist.";
        else if (FindOutput() is null)
            yield return $"it has not been built (no {AssemblyName()}.dll for {projectPath}). Build it first: dotnet build {projectPath}";
    }

    public override async Task<LaunchPlan> PlanAsync(LocalContext context, int replica, CancellationToken cancellationToken)
    {
        var output = FindOutput() ?? throw new DistributedApplicationException($"{Resource.Name}: {FindProblems(context).First()}");
        var environment = await EnvironmentAsync(context, replica, cancellationToken);
        // Many processes share a small machine: the workstation collector unless the model says otherwise.
        environment.TryAdd("DOTNET_gcServer", "0");
        environment.TryAdd("DOTNET_NOLOGO", "1");
        if (Resource.TryGetLastAnnotation<ReplicaPortsAnnotation>(out var ports))
        {
            var urls = Resource.Annotations.OfType<EndpointAnnotation>()
                .Where(e => e.TargetPortEnvironmentVariable is null && e.UriScheme is "http" or "https")
                .Select(e => $"{e.UriScheme}://localhost:{ports.Of(replica)[e.Name]}").ToList();
            if (urls.Count > 0) environment.TryAdd("ASPNETCORE_URLS", string.Join(';', urls));
        }
        return new LaunchPlan(new LaunchSpec(Programs.Find("dotnet", "/") ?? "dotnet", [output, .. await ArgumentsAsync(cancellationToken)])
        {
            WorkingDirectory = Path.GetDirectoryName(projectPath),
            Environment = environment,
            InheritEnvironment = true,
            Unset = [.. OwnAddresses.Where(name => !environment.ContainsKey(name))],
        });
    }

    private string AssemblyName()
        => XDocument.Load(projectPath).Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(projectPath);

    /// <summary>
    /// With artifacts output a project's files are at bin/PROJECT/PIVOT next to the app host's own bin/APPHOST/PIVOT; otherwise
    /// below the project's own bin/ (the newest).
    /// </summary>
    private string? FindOutput()
    {
        var file = AssemblyName() + ".dll";
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var sibling = own.Parent?.Parent is { } bin
            ? Path.Combine(bin.FullName, Path.GetFileNameWithoutExtension(projectPath), own.Name, file) : null;
        if (sibling is not null && File.Exists(sibling)) return sibling;
        var projectBin = Path.Combine(Path.GetDirectoryName(projectPath)!, "bin");
        return !Directory.Exists(projectBin) ? null : Directory.EnumerateFiles(projectBin, file, SearchOption.AllDirectories)
            .Where(path => File.Exists(Path.ChangeExtension(path, ".runtimeconfig.json")))
            .OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault();
    }
}

internal static class Programs
{
    /// <summary>The program's full path, or null.</summary>
    public static string? Find(string command, string workingDirectory)
    {
        if (command.Contains('/', StringComparison.Ordinal))
            return Path.GetFullPath(Path.Combine(workingDirectory, command)) is var path && File.Exists(path) ? path : null;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"]);
        if (command == "dotnet" && Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { } dotnet && File.Exists(dotnet)) return dotnet;
        return folders.Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);
    }
}

/// <summary>The ports of each replica, by endpoint; index 0 is also the endpoint's own allocation.</summary>
internal sealed class ReplicaPortsAnnotation : IResourceAnnotation
{
    private readonly List<Dictionary<string, int>> replicas = [];
    private int visible;

    /// <summary>References list this many: the replicas that are wanted now.</summary>
    public void Show(int count) => visible = count;

    public IReadOnlyList<int> PortsOf(string endpoint) => [.. replicas.Take(Math.Max(visible, 1)).Select(ports => ports[endpoint])];

    public IReadOnlyDictionary<string, int> Of(int replica) => replicas[replica];

    public void Ensure(int count, IEnumerable<EndpointAnnotation> endpoints, PortAllocator allocator)
    {
        while (replicas.Count < count)
        {
            var first = replicas.Count == 0;
            replicas.Add(endpoints.ToDictionary(e => e.Name, e => first && e.FixedPort is { } port ? port : allocator.Next(), StringComparer.OrdinalIgnoreCase));
        }
        visible = count;
    }
}

internal sealed class HttpHealthCheckAnnotation(string path, int statusCode, Func<string?> endpointName) : IResourceAnnotation
{
    public string Path { get; } = path;
    public int StatusCode { get; } = statusCode;

    public EndpointAnnotation EndpointOf(IResource resource)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        var name = endpointName();
        return (name is null
                ? endpoints.Find(e => e.Name == "http") ?? endpoints.Find(e => e.UriScheme is "http" or "https")
                : endpoints.Find(e => string.Equals(e.Name, name, StringComparison.OrdinalIgnoreCase)))
            ?? throw new DistributedApplicationException($"'{resource.Name}' has an HTTP health check but no HTTP endpoint{(name is null ? "" : $" '{name}'")}.");
    }
}

internal sealed class UrlForEndpointAnnotation(string endpointName, Action<ResourceUrlAnnotation> callback) : IResourceAnnotation
{
    public string EndpointName { get; } = endpointName;
    public Action<ResourceUrlAnnotation> Callback { get; } = callback;
}
