using Grpc.Core.Utils;

namespace Grpc.Core.Interceptors;

/// <summary>A client call that has not started yet.</summary>
public readonly struct ClientInterceptorContext<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
    where TRequest : class
    where TResponse : class
{
    public Method<TRequest, TResponse> Method { get; } = GrpcPreconditions.CheckNotNull(method, nameof(method));

    public string? Host { get; } = host;

    public CallOptions Options { get; } = options;
}
