using Grpc.Core.Interceptors;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Base of generated clients that can be copied with another host.</summary>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    protected ClientBase()
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    public ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    public ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>The same client with another <c>:authority</c>.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}

/// <summary>Base of generated clients.</summary>
public abstract class ClientBase
{
    private readonly ClientBaseConfiguration? configuration;
    private readonly CallInvoker? callInvoker;

    /// <summary>For test doubles of a client: calls of it must be overridden.</summary>
    protected ClientBase()
    {
    }

    protected ClientBase(ClientBaseConfiguration configuration)
    {
        this.configuration = GrpcPreconditions.CheckNotNull(configuration, nameof(configuration));
        callInvoker = configuration.CreateCallInvoker();
    }

    public ClientBase(ChannelBase channel)
        : this(GrpcPreconditions.CheckNotNull(channel, nameof(channel)).CreateCallInvoker())
    {
    }

    public ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(GrpcPreconditions.CheckNotNull(callInvoker, nameof(callInvoker)), null))
    {
    }

    protected CallInvoker CallInvoker => callInvoker ?? throw NotConfigured();

    internal ClientBaseConfiguration Configuration => configuration ?? throw NotConfigured();

    private static NotSupportedException NotConfigured() => new("The client was made without a channel or a call invoker.");

    /// <summary>What a generated client is made from; opaque to it.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker undecorated;
        private readonly string? host;

        internal ClientBaseConfiguration(CallInvoker undecorated, string? host)
        {
            this.undecorated = undecorated;
            this.host = host;
        }

        internal ClientBaseConfiguration WithHost(string host) => new(undecorated, host);

        internal CallInvoker CreateCallInvoker() => host is null ? undecorated : undecorated.Intercept(new HostInterceptor(host));
    }

    /// <summary>Sets the host of calls that name none.</summary>
    private sealed class HostInterceptor(string host) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            BlockingUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, WithHost(context));

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, WithHost(context));

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, WithHost(context));

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(WithHost(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(WithHost(context));

        private ClientInterceptorContext<TRequest, TResponse> WithHost<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class =>
            new(context.Method, context.Host ?? host, context.Options);
    }
}
