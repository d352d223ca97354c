using System.Globalization;
using System.Net.Sockets;

namespace Aspire.Hosting.ApplicationModel;

public enum EndpointProperty { Url, Host, IPV4Host, Port, Scheme, TargetPort, HostAndPort }

/// <summary>A declared endpoint. Without a proxy in between, the port a client sees is the port the process listens on.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    public EndpointAnnotation(
        ProtocolType protocol, string? uriScheme = null, string? transport = null, string? name = null, int? port = null,
        int? targetPort = null, bool? isExternal = null, bool isProxied = true)
    {
        Protocol = protocol;
        UriScheme = uriScheme ?? "tcp";
        Transport = transport ?? (UriScheme is "http" or "https" ? "http" : "tcp");
        Name = name ?? UriScheme;
        Port = port;
        TargetPort = targetPort;
        IsExternal = isExternal ?? false;
        IsProxied = isProxied;
    }

    public string Name { get; }
    public ProtocolType Protocol { get; set; }
    public int? Port { get; set; }
    public int? TargetPort { get; set; }
    public string UriScheme { get; set; }
    public string Transport { get; set; }
    public bool IsExternal { get; set; }
    public bool IsProxied { get; set; }
    public string? TargetPortEnvironmentVariable { get; set; }
    public AllocatedEndpoint? AllocatedEndpoint { get; set; }

    internal int? FixedPort => Port ?? TargetPort;
}

public sealed class AllocatedEndpoint(EndpointAnnotation endpoint, string address, int port)
{
    public EndpointAnnotation Endpoint { get; } = endpoint;
    public string Address { get; } = address;
    public int Port { get; } = port;
    public string UriString => $"{Endpoint.UriScheme}://{Address}:{Port.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>Refers to one endpoint of a resource; its value is known once the application has started.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName) : IManifestExpressionProvider, IValueProvider
{
    public IResourceWithEndpoints Resource { get; } = owner;
    public string EndpointName { get; } = endpointName;
    public string ValueExpression => $"{{{Resource.Name}.bindings.{EndpointName}.url}}";
    public bool Exists => Find() is not null;
    public bool IsAllocated => Find()?.AllocatedEndpoint is not null;
    public string Url => Allocated.UriString;
    public string Host => Allocated.Address;
    public int Port => Allocated.Port;
    public string Scheme => EndpointAnnotation.UriScheme;

    public EndpointAnnotation EndpointAnnotation => Find()
        ?? throw new InvalidOperationException($"Resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(Url);

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    private AllocatedEndpoint Allocated => EndpointAnnotation.AllocatedEndpoint
        ?? throw new InvalidOperationException($"Endpoint '{EndpointName}' of '{Resource.Name}' has no port yet: start the application first.");

    private EndpointAnnotation? Find() => Resource.Annotations.OfType<EndpointAnnotation>()
        .FirstOrDefault(endpoint => string.Equals(endpoint.Name, EndpointName, StringComparison.OrdinalIgnoreCase));
}

public sealed class EndpointReferenceExpression(EndpointReference endpoint, EndpointProperty property) : IManifestExpressionProvider, IValueProvider
{
    public EndpointReference Endpoint { get; } = endpoint;
    public EndpointProperty Property { get; } = property;
    public string ValueExpression => $"{{{Endpoint.Resource.Name}.bindings.{Endpoint.EndpointName}.{Property}}}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var port = Endpoint.Port.ToString(CultureInfo.InvariantCulture);
        return ValueTask.FromResult<string?>(Property switch
        {
            EndpointProperty.Url => Endpoint.Url,
            EndpointProperty.Host => Endpoint.Host,
            EndpointProperty.IPV4Host => "127.0.0.1",
            EndpointProperty.Port or EndpointProperty.TargetPort => port,
            EndpointProperty.Scheme => Endpoint.Scheme,
            EndpointProperty.HostAndPort => $"{Endpoint.Host}:{port}",
            _ => throw new InvalidOperationException($"Unknown endpoint property {Property}."),
        });
    }
}
