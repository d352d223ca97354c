using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>TLS. Certificates and keys are PEM text.</summary>
public sealed class SslCredentials(
    string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    : ChannelCredentials
{
    public SslCredentials()
        : this(null, null, null)
    {
    }

    public SslCredentials(string? rootCertificates)
        : this(rootCertificates, null, null)
    {
    }

    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, null)
    {
    }

    public string? RootCertificates { get; } = rootCertificates;

    public KeyCertificatePair? KeyCertificatePair { get; } = keyCertificatePair;

    internal override bool IsComposable => true;

    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, verifyPeerCallback);
}

public sealed class KeyCertificatePair(string certificateChain, string privateKey)
{
    public string CertificateChain { get; } = GrpcPreconditions.CheckNotNull(certificateChain, nameof(certificateChain));

    public string PrivateKey { get; } = GrpcPreconditions.CheckNotNull(privateKey, nameof(privateKey));
}

/// <summary>An extra check of the server's certificate.</summary>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);

public class VerifyPeerContext
{
    internal VerifyPeerContext(string targetName, string peerPem)
    {
        TargetName = targetName;
        PeerPem = peerPem;
    }

    public string TargetName { get; }

    public string PeerPem { get; }
}
