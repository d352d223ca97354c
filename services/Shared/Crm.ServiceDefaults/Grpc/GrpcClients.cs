using Crm.ServiceDefaults.Security;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.Client.Balancer;
using Grpc.Net.Client.Configuration;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Crm.ServiceDefaults.Grpc;

public static class GrpcClients
{
    /// <summary>
    /// A client of another service's rpcs, with everything that a call needs: its replicas in turn, a deadline, the internal token, a
    /// retry of reads that were not answered, a circuit breaker. Addresses come from <c>services:NAME:grpc:N</c>.
    /// </summary>
    public static void AddGrpcClient<TClient>(this WebApplicationBuilder builder, string service, Func<CallInvoker, TClient> create)
        where TClient : class
    {
        var addresses = builder.Configuration.GetSection($"services:{service}:grpc").GetChildren().Select(child => new Uri(child.Value!)).ToList();
        if (addresses.Count == 0) throw new InvalidOperationException($"No address: services:{service}:grpc:0 is not set.");

        builder.Services.AddSingleton(provider =>
        {
            var channel = Channel(addresses);
            var pipeline = new ResiliencePipelineBuilder { TimeProvider = provider.GetRequiredService<TimeProvider>() }
                .AddRetry(new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<RpcException>(exception => exception.StatusCode == StatusCode.Unavailable),
                    MaxRetryAttempts = 2,
                    Delay = TimeSpan.FromMilliseconds(50),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                })
                .AddCircuitBreaker(new CircuitBreakerStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<RpcException>(exception => exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded),
                    FailureRatio = 0.5,
                    MinimumThroughput = 20,
                    SamplingDuration = TimeSpan.FromSeconds(10),
                    BreakDuration = TimeSpan.FromSeconds(5),
                })
                .Build();
            return create(channel.Intercept(new GrpcCallInterceptor(
                service, pipeline, provider.GetRequiredService<InternalTokenIssuer>(), provider.GetRequiredService<ActorAccessor>(), provider.GetRequiredService<TimeProvider>())));
        });
    }

    /// <summary>One channel over all replicas (a single address is used as it stands, so that <c>dns:///</c> works in a cluster).</summary>
    private static GrpcChannel Channel(List<Uri> addresses)
    {
        var options = new GrpcChannelOptions
        {
            Credentials = ChannelCredentials.Insecure,
            HttpHandler = new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                ConnectTimeout = TimeSpan.FromSeconds(2),
            },
            ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } },
            // A service that was away is called again a second after it is back; the default waits up to two minutes.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        };
        if (addresses.Count == 1) return GrpcChannel.ForAddress(addresses[0], options);

        options.ServiceProvider = new ServiceCollection()
            .AddSingleton<ResolverFactory>(new StaticResolverFactory(_ => addresses.Select(address => new BalancerAddress(address.Host, address.Port))))
            .BuildServiceProvider();
        return GrpcChannel.ForAddress("static:///replicas", options);
    }
}

/// <summary>Deadline (2 s unless the call says otherwise), internal token of the current actor, retry and breaker.</summary>
internal sealed class GrpcCallInterceptor(
    string audience, ResiliencePipeline pipeline, InternalTokenIssuer tokens, ActorAccessor actor, TimeProvider time) : Interceptor
{
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(2);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var prepared = Prepare(context);
        AsyncUnaryCall<TResponse>? last = null;
        var response = CallAsync();
        return new AsyncUnaryCall<TResponse>(
            response,
            HeadersAsync(),
            () => last?.GetStatus() ?? Status.DefaultCancelled,
            () => last?.GetTrailers() ?? Metadata.Empty,
            () => last?.Dispose());

        async Task<TResponse> CallAsync()
        {
            try
            {
                return await pipeline.ExecuteAsync(
                    async _ =>
                    {
                        last = continuation(request, prepared);
                        return await last.ResponseAsync;
                    },
                    context.Options.CancellationToken);
            }
            catch (BrokenCircuitException)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, $"{audience} has not been answering; the circuit is open."));
            }
        }

        async Task<Metadata> HeadersAsync()
        {
            await ((Task)response).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return last is null ? Metadata.Empty : await last.ResponseHeadersAsync;
        }
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(Prepare(context, deadline: false));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Prepare(context, deadline: false));

    private ClientInterceptorContext<TRequest, TResponse> Prepare<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context, bool deadline = true)
        where TRequest : class
        where TResponse : class
    {
        var headers = new Metadata();
        foreach (var entry in context.Options.Headers ?? Metadata.Empty) headers.Add(entry);
        headers.Add("authorization", "Bearer " + tokens.Mint(actor.Current ?? Actor.System, audience));
        var options = context.Options.WithHeaders(headers);
        if (deadline && options.Deadline is null) options = options.WithDeadline((time.GetUtcNow() + DefaultDeadline).UtcDateTime);
        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
    }
}
