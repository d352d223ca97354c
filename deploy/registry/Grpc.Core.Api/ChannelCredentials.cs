using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>How a channel is secured.</summary>
public abstract class ChannelCredentials
{
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS with the machine's trusted roots and no client certificate.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>Channel credentials that also authenticate every call.</summary>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials) =>
        new CompositeCredentials(channelCredentials, callCredentials);

    /// <summary>Tells an implementation of gRPC what these credentials are.</summary>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state);

    /// <summary>Whether call credentials may be added: only a secure channel may carry them.</summary>
    internal virtual bool IsComposable => false;

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetInsecureCredentials(state);
    }

    private sealed class CompositeCredentials : ChannelCredentials
    {
        private readonly ChannelCredentials channelCredentials;
        private readonly CallCredentials callCredentials;

        public CompositeCredentials(ChannelCredentials channelCredentials, CallCredentials callCredentials)
        {
            this.channelCredentials = GrpcPreconditions.CheckNotNull(channelCredentials, nameof(channelCredentials));
            this.callCredentials = GrpcPreconditions.CheckNotNull(callCredentials, nameof(callCredentials));
            GrpcPreconditions.CheckArgument(
                channelCredentials.IsComposable, $"Call credentials cannot be added to {channelCredentials.GetType()}.");
        }

        public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, channelCredentials, callCredentials);
    }
}

/// <summary>Receives the parts of <see cref="ChannelCredentials"/>.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    public abstract void SetInsecureCredentials(object? state);

    public abstract void SetSslCredentials(
        object? state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    public abstract void SetCompositeCredentials(object? state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
