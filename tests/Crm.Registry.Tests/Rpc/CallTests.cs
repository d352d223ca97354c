using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Crm.Registry.Tests.Rpc;

/// <summary>Official client against official server, both running on the stand-in for the types they share.</summary>
public sealed class CallTests(ProbeServer server) : IClassFixture<ProbeServer>
{
    private readonly Probe.ProbeClient client = new(server.Channel);

    private static DateTime In(double seconds) => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds);

    [Fact]
    public async Task Unary_call_carries_message_headers_and_trailers()
    {
        var headers = new Metadata { { "Probe-Text", "hello" }, { "probe-bin", [0, 1, 254, 255] } };

        using var call = client.EchoAsync(new ProbeMessage { Text = "halo ✓", Number = -7 }, headers);

        Assert.Equal("hello", (await call.ResponseHeadersAsync).GetValue("probe-seen"));
        Assert.Equal(new ProbeMessage { Text = "halo ✓", Number = -7 }, await call);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Equal([0, 1, 254, 255], call.GetTrailers().GetValueBytes("probe-bin"));
    }

    [Fact]
    public void Blocking_call_returns_the_response() =>
        Assert.Equal("sync", client.Echo(new ProbeMessage { Text = "sync" }, deadline: In(10)).Text);

    [Fact]
    public async Task Large_compressed_message_arrives_whole()
    {
        var payload = new byte[3 * 1024 * 1024];
        new Random(7).NextBytes(payload);
        var headers = new Metadata { { "grpc-internal-encoding-request", "gzip" } };

        var echo = await client.EchoAsync(new ProbeMessage { Payload = ByteString.CopyFrom(payload) }, headers);

        Assert.True(echo.Payload.Span.SequenceEqual(payload));
    }

    [Fact]
    public async Task Server_stream_is_read_to_its_end()
    {
        using var call = client.Count(new ProbeMessage { Number = 200 });

        var numbers = new List<int>();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
            numbers.Add(message.Number);

        Assert.Equal(Enumerable.Range(1, 200), numbers);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Client_stream_is_summed()
    {
        using var call = client.Sum();
        for (var number = 1; number <= 100; number++)
            await call.RequestStream.WriteAsync(new ProbeMessage { Number = number });
        await call.RequestStream.CompleteAsync();

        Assert.Equal(5050, (await call).Number);
    }

    [Fact]
    public async Task Duplex_stream_answers_each_message_before_the_next_is_sent()
    {
        using var call = client.Chat();
        foreach (var number in new[] { 3, 1, 2 })
        {
            await call.RequestStream.WriteAsync(new ProbeMessage { Number = number });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(number * 10, call.ResponseStream.Current.Number);
        }
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Error_status_arrives_with_detail_and_trailers()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.FailAsync(new ProbeMessage { Text = "no" }));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Equal("refused: no", error.Status.Detail);
        Assert.Equal("no", error.Trailers.GetValue("probe-reason"));
        Assert.Equal([0, 255], error.Trailers.GetValueBytes("probe-bin"));
    }

    [Fact]
    public async Task Unknown_method_is_unimplemented()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "crm.registry.tests.Probe", "Missing", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await server.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(deadline: In(10)), "?"));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    [Fact]
    public async Task Deadline_ends_the_call_on_both_sides()
    {
        var name = nameof(Deadline_ends_the_call_on_both_sides);
        var deadline = In(0.5);

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await client.WaitAsync(new ProbeMessage { Text = name }, deadline: deadline));

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        await Eventually.True(() => server.Record.Cancelled.ContainsKey(name));
        Assert.Equal(deadline, server.Record.Cancelled[name], TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Cancellation_reaches_the_server()
    {
        var name = nameof(Cancellation_reaches_the_server);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await client.WaitAsync(new ProbeMessage { Text = name }, cancellationToken: cancellation.Token));

        Assert.Equal(StatusCode.Cancelled, error.StatusCode);
        await Eventually.True(() => server.Record.Cancelled.ContainsKey(name));
        Assert.Equal(DateTime.MaxValue, server.Record.Cancelled[name]);
    }

    [Fact]
    public async Task Unreachable_server_is_unavailable()
    {
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new ProbeMessage(), deadline: In(10)));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
    }

    [Fact]
    public async Task Interceptors_run_on_both_sides_first_in_the_list_first()
    {
        var intercepted = new Probe.ProbeClient(
            server.Channel
                .Intercept(headers => new Metadata { { "probe-order", $"{headers.GetValue("probe-order")}inner" } })
                .Intercept(new OrderInterceptor("a"), new OrderInterceptor("b")));

        await intercepted.EchoAsync(new ProbeMessage());
        using var chat = intercepted.Chat();
        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext());

        Assert.Contains("unary /crm.registry.tests.Probe/Echo abinner", server.Record.Intercepted);
        Assert.Contains("duplex /crm.registry.tests.Probe/Chat abinner", server.Record.Intercepted);
    }

    [Fact]
    public async Task Call_credentials_need_a_secure_channel()
    {
        var credentials = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", "Bearer token");
            return Task.CompletedTask;
        });

        Assert.Throws<ArgumentException>(() => ChannelCredentials.Create(ChannelCredentials.Insecure, credentials));
        Assert.NotNull(ChannelCredentials.Create(ChannelCredentials.SecureSsl, credentials));

        using var channel = GrpcChannel.ForAddress(server.Address, new GrpcChannelOptions { UnsafeUseInsecureChannelCallCredentials = true });
        var named = CallCredentials.FromInterceptor((context, metadata) =>
        {
            metadata.Add("probe-text", context.MethodName);
            return Task.CompletedTask;
        });
        using var call = new Probe.ProbeClient(channel).EchoAsync(
            new ProbeMessage(), new CallOptions(deadline: In(10), credentials: CallCredentials.Compose(credentials, named)));

        Assert.Equal("Echo", (await call.ResponseHeadersAsync).GetValue("probe-seen"));
    }

    private sealed class OrderInterceptor(string name) : Interceptor
    {
        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
            continuation(request, Mark(context));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
            continuation(Mark(context));

        private ClientInterceptorContext<TRequest, TResponse> Mark<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context)
            where TRequest : class
            where TResponse : class
        {
            var order = context.Options.Headers?.GetValue("probe-order") + name;
            return new(context.Method, context.Host, context.Options.WithHeaders(new Metadata { { "probe-order", order } }));
        }
    }
}
