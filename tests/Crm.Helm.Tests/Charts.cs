using System.Diagnostics;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>
/// The charts as a cluster would get them, rendered by the renderer beside these tests (built once from Debian's packages), which is
/// compared with helm where there is one.
/// </summary>
public sealed class Charts : IAsyncLifetime
{
    public static readonly string Platform = Repository.PathOf("helm", "crm-platform");
    public static readonly string Service = Repository.PathOf("helm", "crm-service");
    private static readonly string Renderer = Repository.PathOf("artifacts", "helm", "renderer");
    private static readonly string Kubernetes = Repository.PathOf("tests", "Crm.Helm.Tests", "kubernetes");

    public static string Environment(string name) => Path.Combine(Platform, "environments", name + ".values.yaml");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Renderer)!);
        // The Go toolchain of the distribution with its libraries in GOPATH: no module is downloaded.
        await SucceedAsync("go", ["build", "-o", Renderer, "."], Repository.PathOf("tests", "Crm.Helm.Tests", "renderer"), ("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOCACHE", Repository.PathOf("artifacts", "helm", "cache")));
        if (!File.Exists(Path.Combine(Kubernetes, "node_modules", ".package-lock.json"))) await SucceedAsync("npm", ["ci", "--no-audit", "--no-fund"], Kubernetes);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>The manifests as one YAML stream.</summary>
    public static async Task<string> RenderAsync(string chart, params string[] valueFiles)
    {
        var (code, output, errors) = await TryRenderAsync(chart, valueFiles);
        Assert.True(code == 0, errors);
        return output;
    }

    public static Task<(int Code, string Output, string Errors)> TryRenderAsync(string chart, params string[] valueFiles) =>
        RunAsync(Renderer, [chart, .. valueFiles.SelectMany(file => new[] { "-f", file })], Kubernetes);

    /// <summary>The same through helm itself.</summary>
    public static async Task<string> RenderByHelmAsync(string chart, params string[] valueFiles)
    {
        await SucceedAsync("helm", ["dependency", "build", chart], Kubernetes);
        return await SucceedAsync("helm", ["template", "crm", chart, "--namespace", "crm", .. valueFiles.SelectMany(file => new[] { "-f", file })], Kubernetes);
    }

    /// <summary>What the schemas of a chart and of those below it say of these values: one line per problem, none where all is well.</summary>
    public static async Task<string> SchemaProblemsAsync(string chart, params string[] valueFiles)
    {
        var effective = await SucceedAsync(Renderer, [chart, "--effective-values", .. valueFiles.SelectMany(file => new[] { "-f", file })], Kubernetes);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, effective);
        var (_, output, errors) = await RunAsync("node", ["values.mjs", file], Kubernetes);
        Assert.Empty(errors);
        return output.Trim();
    }

    /// <summary>What Kubernetes' schemas and types say of these YAML streams.</summary>
    public static async Task<string> ManifestProblemsAsync(IReadOnlyDictionary<string, string> streams)
    {
        var folder = Directory.CreateTempSubdirectory("crm-manifests-").FullName;
        foreach (var (name, stream) in streams) await File.WriteAllTextAsync(Path.Combine(folder, name), stream);
        var (code, output, errors) = await RunAsync("node", ["validate.mjs", .. streams.Keys.Select(name => Path.Combine(folder, name))], Kubernetes);
        Directory.Delete(folder, recursive: true);
        return code == 0 ? "" : output + errors;
    }

    public static async Task<string> WithValuesAsync(string yaml)
    {
        var file = Path.Combine(Path.GetTempPath(), $"crm-values-{Path.GetRandomFileName()}.yaml");
        await File.WriteAllTextAsync(file, yaml);
        return file;
    }

    private static async Task<string> SucceedAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var (code, output, errors) = await RunAsync(program, arguments, folder, environment);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {errors}{output}");
        return output;
    }

    internal static async Task<(int Code, string Output, string Errors)> RunAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}

/// <summary>A test that needs <c>helm</c> on PATH; counted as skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HelmFactAttribute : FactAttribute
{
    public HelmFactAttribute()
    {
        if ((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').All(folder => !File.Exists(Path.Combine(folder, "helm")))) Skip = "helm is not on PATH";
    }
}

[CollectionDefinition(Name)]
public sealed class ChartsCollection : ICollectionFixture<Charts>
{
    public const string Name = "charts";
}
