using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

public interface IProjectMetadata : IResourceAnnotation
{
    string ProjectPath { get; }
}

public sealed class ProjectResourceOptions
{
    public string? LaunchProfileName { get; set; }
    public bool ExcludeLaunchProfile { get; set; }
    public bool ExcludeKestrelEndpoints { get; set; }
}

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath)
        => builder.AddResource(new ProjectResource(name))
            .WithAnnotation(new ProjectRuntime(Path.GetFullPath(Path.Combine(builder.AppHostDirectory, projectPath))));

    /// <summary>Launch profiles are not read: endpoints and environment come from the model.</summary>
    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath, string? launchProfileName)
        => builder.AddProject(name, projectPath);

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, string projectPath, Action<ProjectResourceOptions> configure)
    {
        configure(new ProjectResourceOptions());
        return builder.AddProject(name, projectPath);
    }

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
        => builder.AddProject(name, new TProject().ProjectPath);

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new()
        => builder.AddProject(name, new TProject().ProjectPath);

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure) where TProject : IProjectMetadata, new()
        => builder.AddProject(name, new TProject().ProjectPath, configure);

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }
}

public static class ExecutableResourceBuilderExtensions
{
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args)
        => builder.AddExecutable(name, command, workingDirectory, [.. (args ?? []).Cast<object>()]);

    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params object[]? args)
    {
        var resource = new ExecutableResource(name, command, Path.GetFullPath(Path.Combine(builder.AppHostDirectory, workingDirectory)));
        return builder.AddResource(resource).WithAnnotation(new ExecutableRuntime()).WithArgs(args ?? []);
    }
}

public static class ContainerResourceBuilderExtensions
{
    public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image)
        => builder.AddContainer(name, image, "latest");

    public static IResourceBuilder<ContainerResource> AddContainer(this IDistributedApplicationBuilder builder, string name, string image, string tag)
        => builder.AddResource(new ContainerResource(name)).WithAnnotation(new ContainerRuntime($"{image}:{tag}"));

    public static IResourceBuilder<T> WithImageTag<T>(this IResourceBuilder<T> builder, string tag) where T : ContainerResource => builder;

    public static IResourceBuilder<T> WithLifetime<T>(this IResourceBuilder<T> builder, ContainerLifetime lifetime) where T : ContainerResource => builder;

    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string target) where T : ContainerResource => builder;

    public static IResourceBuilder<T> WithVolume<T>(this IResourceBuilder<T> builder, string? name, string target, bool isReadOnly = false)
        where T : ContainerResource => builder;
}

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false)
        => builder.AddParameter(name, () => builder.Configuration[$"Parameters:{name}"]
            ?? throw new DistributedApplicationException($"Parameter '{name}' has no value. Set the environment variable Parameters__{name}."), secret: secret);

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
        => builder.AddParameter(name, () => builder.Configuration[$"Parameters:{name}"] ?? value, publishValueAsDefault, secret);

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false)
        => builder.AddResource(new ParameterResource(name, _ => valueGetter(), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
        => builder.AddParameter(
            name,
            () => builder.Configuration[$"Parameters:{name}"] ?? (persist ? Secrets.Of(builder).GetOrCreate(name, value.GetDefaultValue) : value.GetDefaultValue()),
            secret: secret);

    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null)
    {
        var value = new ParameterResource(name, _ => builder.Configuration.GetConnectionString(name)
            ?? throw new DistributedApplicationException($"Connection string '{name}' is not set. Set the environment variable ConnectionStrings__{name}."), secret: true);
        return builder.AddResource(new ConnectionStringResource(name, ReferenceExpression.Create($"{value}"), environmentVariableName));
    }
}
