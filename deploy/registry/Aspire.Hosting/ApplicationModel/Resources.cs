using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

public interface IResource
{
    string Name { get; }
    ResourceAnnotationCollection Annotations { get; }
}

public interface IResourceAnnotation;

public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>;

public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

public interface IResourceWithEnvironment : IResource;

public interface IResourceWithArgs : IResource;

public interface IResourceWithEndpoints : IResource;

public interface IResourceWithWaitSupport : IResource;

public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

public interface IResourceWithParent : IResource
{
    IResource Parent { get; }
}

public interface IResourceWithParent<out T> : IResourceWithParent where T : IResource
{
    new T Parent { get; }
    IResource IResourceWithParent.Parent => Parent;
}

public interface IResourceWithConnectionString : IResource, IManifestExpressionProvider, IValueProvider
{
    ReferenceExpression ConnectionStringExpression { get; }

    /// <summary>The variable that a reference sets; null means <c>ConnectionStrings__NAME</c>.</summary>
    string? ConnectionStringEnvironmentVariable => null;

    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default)
        => ConnectionStringExpression.GetValueAsync(cancellationToken);

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);
}

public abstract class Resource : IResource
{
    protected Resource(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new ArgumentException($"'{name}' is no resource name: ASCII letters, digits and hyphens, at most 64.", nameof(name));
        Name = name;
    }

    public virtual string Name { get; }
    public virtual ResourceAnnotationCollection Annotations { get; } = [];
}

public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public string? Entrypoint { get; set; } = entrypoint;
}

public class ExecutableResource(string name, string command, string workingDirectory)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public string Command { get; } = command;
    public string WorkingDirectory { get; } = workingDirectory;
}

public class ProjectResource(string name)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

public sealed class ExternalServiceResource(string name, Uri uri) : Resource(name)
{
    public Uri? Uri { get; } = uri;
}

/// <summary>A value from configuration (<c>Parameters:NAME</c>), from code, or generated and kept.</summary>
public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
    : Resource(name), IManifestExpressionProvider, IValueProvider
{
    private readonly Lazy<string> value = new(() => callback(null));

    public bool Secret { get; } = secret;
    public bool IsConnectionString { get; set; }
    public string ValueExpression => $"{{{Name}.value}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(value.Value);
}

public abstract class ParameterDefault
{
    public abstract string GetDefaultValue();
}

public sealed class GenerateParameterDefault : ParameterDefault
{
    public int MinLength { get; set; } = 22;
    public override string GetDefaultValue() => Local.Secrets.Random(MinLength);
}

/// <summary>A connection string that the app host is given (<c>ConnectionStrings:NAME</c>) instead of making it.</summary>
public sealed class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression, string? environmentVariableName = null)
    : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
{
    public ReferenceExpression ConnectionStringExpression { get; } = connectionStringExpression;
    public string? ConnectionStringEnvironmentVariable { get; } = environmentVariableName;
}

public enum ContainerLifetime { Session, Persistent }

public readonly record struct NetworkIdentifier(string Value);

public interface IResourceBuilder<out T> where T : IResource
{
    IDistributedApplicationBuilder ApplicationBuilder { get; }
    T Resource { get; }
    IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
        where TAnnotation : IResourceAnnotation;
}

public enum ResourceAnnotationMutationBehavior { Append, Replace }

public static class ResourceExtensions
{
    public static bool TryGetLastAnnotation<T>(this IResource resource, [NotNullWhen(true)] out T? annotation) where T : IResourceAnnotation
    {
        ArgumentNullException.ThrowIfNull(resource);
        annotation = resource.Annotations.OfType<T>().LastOrDefault();
        return annotation is not null;
    }
}
