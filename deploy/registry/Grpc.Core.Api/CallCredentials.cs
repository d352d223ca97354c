using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Adds headers that authenticate a call. May run for every call.</summary>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);

public class AuthInterceptorContext(string serviceUrl, string methodName, CancellationToken cancellationToken)
{
    public AuthInterceptorContext(string serviceUrl, string methodName)
        : this(serviceUrl, methodName, CancellationToken.None)
    {
    }

    public string ServiceUrl { get; } = GrpcPreconditions.CheckNotNull(serviceUrl, nameof(serviceUrl));

    public string MethodName { get; } = GrpcPreconditions.CheckNotNull(methodName, nameof(methodName));

    public CancellationToken CancellationToken { get; } = cancellationToken;
}

/// <summary>Credentials of a call, on top of those of its channel.</summary>
public abstract class CallCredentials
{
    public static CallCredentials Compose(params CallCredentials[] credentials) => new CompositeCredentials(credentials);

    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor) => new InterceptorCredentials(interceptor);

    /// <summary>Tells an implementation of gRPC what these credentials are.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class CompositeCredentials : CallCredentials
    {
        private readonly IReadOnlyList<CallCredentials> credentials;

        public CompositeCredentials(CallCredentials[] credentials)
        {
            GrpcPreconditions.CheckArgument(credentials.Length >= 2, "A composition takes two or more credentials.");
            this.credentials = [.. credentials];
        }

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetCompositeCredentials(state, credentials);
    }

    private sealed class InterceptorCredentials(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        private readonly AsyncAuthInterceptor interceptor = GrpcPreconditions.CheckNotNull(interceptor, nameof(interceptor));

        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state) =>
            configurator.SetAsyncAuthInterceptorCredentials(state, interceptor);
    }
}

/// <summary>Receives the parts of <see cref="CallCredentials"/>.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
