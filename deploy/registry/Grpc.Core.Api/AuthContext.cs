using System.Text;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>What the transport knows of the peer, for instance from its certificate.</summary>
public class AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
{
    private readonly Dictionary<string, List<AuthProperty>> properties = GrpcPreconditions.CheckNotNull(properties, nameof(properties));

    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>The name of the property that identifies the peer; null when nothing does.</summary>
    public string? PeerIdentityPropertyName { get; } = peerIdentityPropertyName;

    public IEnumerable<AuthProperty> PeerIdentity => PeerIdentityPropertyName is null ? [] : FindPropertiesByName(PeerIdentityPropertyName);

    public IEnumerable<AuthProperty> Properties => properties.Values.SelectMany(values => values);

    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        properties.TryGetValue(propertyName, out var values) ? values : [];
}

public class AuthProperty
{
    private readonly byte[] valueBytes;

    private AuthProperty(string name, byte[] valueBytes)
    {
        Name = GrpcPreconditions.CheckNotNull(name, nameof(name));
        this.valueBytes = [.. GrpcPreconditions.CheckNotNull(valueBytes, nameof(valueBytes))];
    }

    public string Name { get; }

    /// <summary>The bytes as UTF-8 text.</summary>
    public string Value => Encoding.UTF8.GetString(valueBytes);

    public byte[] ValueBytes => [.. valueBytes];

    public static AuthProperty Create(string name, byte[] valueBytes) => new(name, valueBytes);
}
