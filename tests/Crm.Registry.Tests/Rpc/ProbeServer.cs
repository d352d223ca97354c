using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.Registry.Tests.Rpc;

/// <summary>Kestrel with the probe on HTTP/2 without TLS, and a channel to it.</summary>
public sealed class ProbeServer : IAsyncLifetime
{
    private WebApplication app = null!;

    public ProbeRecord Record { get; } = new();

    public GrpcChannel Channel { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(Record);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<RecordingInterceptor>();
            grpc.ResponseCompressionAlgorithm = "gzip";
        });
        app = builder.Build();
        app.MapGrpcService<ProbeService>();
        await app.StartAsync();
        Address = new Uri(app.Urls.Single());
        Channel = GrpcChannel.ForAddress(Address);
    }

    public async Task DisposeAsync()
    {
        Channel.Dispose();
        await app.DisposeAsync();
    }

    private sealed class RecordingInterceptor(ProbeRecord record) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            context.UserState["kind"] = "unary";
            record.Intercepted.Enqueue($"{context.UserState["kind"]} {context.Method} {context.RequestHeaders.GetValue("probe-order")}");
            return continuation(request, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
            IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream,
            ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            record.Intercepted.Enqueue($"duplex {context.Method} {context.RequestHeaders.GetValue("probe-order")}");
            return continuation(requestStream, responseStream, context);
        }
    }
}
