using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }
    string AppHostDirectory { get; }
    IHostEnvironment Environment { get; }
    DistributedApplicationExecutionContext ExecutionContext { get; }
    IList<IResource> Resources { get; }
    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;
    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;
    DistributedApplication Build();
}

public sealed class DistributedApplicationOptions
{
    public string[]? Args { get; set; }
    public string? AssemblyName { get; set; }
    public string? ProjectDirectory { get; set; }
    /// <summary>No status page, whatever the configuration says.</summary>
    public bool DisableDashboard { get; set; }
    public bool AllowUnsecuredTransport { get; set; }
}

public enum DistributedApplicationOperation { Run, Publish }

public sealed class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    public DistributedApplicationOperation Operation { get; } = operation;
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
}

/// <summary>A resource or its host could not be started; the message names it, says what is wrong and what to do.</summary>
public class DistributedApplicationException(string message, Exception? innerException = null) : Exception(message, innerException);

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("The local app host starts Linux processes. Build with OfficialPackages=true to use containers.");
        var assembly = options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory is { } given ? Path.GetFullPath(given) : ProjectDirectoryOf(assembly);

        Configuration.SetBasePath(Directory.Exists(AppHostDirectory) ? AppHostDirectory : Directory.GetCurrentDirectory());
        Configuration.AddEnvironmentVariables("DOTNET_");
        var environmentName = System.Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")
            ?? System.Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environments.Development;
        Configuration.AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environmentName}.json", optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(options.Args ?? []);
        Environment = new AppHostEnvironment(environmentName, assembly?.GetName().Name ?? "AppHost", AppHostDirectory);
        Home = HomeDirectory.Find(Configuration, AppHostDirectory);
        DisableStatusPage = options.DisableDashboard;
    }

    public ConfigurationManager Configuration { get; } = new();
    public string AppHostDirectory { get; }
    public IHostEnvironment Environment { get; }
    public DistributedApplicationExecutionContext ExecutionContext { get; } = new(DistributedApplicationOperation.Run);
    public IList<IResource> Resources { get; } = [];

    internal HomeDirectory Home { get; }
    internal bool DisableStatusPage { get; }

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.Any(other => string.Equals(other.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"There are two resources named '{resource.Name}'. Rename one of them.");
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build() => new(this);

    /// <summary>The project file's folder, recorded in the assembly when it was built.</summary>
    private static string ProjectDirectoryOf(Assembly? assembly)
    {
        var recorded = assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(a => string.Equals(a.Key, "AppHostProjectPath", StringComparison.OrdinalIgnoreCase))?.Value;
        return recorded is not null && Directory.Exists(recorded) ? Path.GetFullPath(recorded) : Directory.GetCurrentDirectory();
    }

    private sealed class ResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T> where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder => builder;
        public T Resource => resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior)
            where TAnnotation : IResourceAnnotation
        {
            if (behavior == ResourceAnnotationMutationBehavior.Replace)
            {
                foreach (var old in resource.Annotations.OfType<TAnnotation>().ToList())
                    resource.Annotations.Remove(old);
            }
            resource.Annotations.Add(annotation);
            return this;
        }
    }

    private sealed class AppHostEnvironment(string environmentName, string applicationName, string contentRoot) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = environmentName;
        public string ApplicationName { get; set; } = applicationName;
        public string ContentRootPath { get; set; } = contentRoot;
        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
