using System.Diagnostics;
using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Grpc;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.Bench;

/// <summary>
/// Unary calls between two services over loopback: with everything that a call of ours carries (signed internal token made and checked,
/// deadline, retry and breaker, transaction and error edges) against the bare gRPC of the same packages. Same message, same concurrency.
/// </summary>
internal sealed class RpcBench : IBench
{
    private const int Callers = 32;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(4);

    public string Name => "rpc";

    public string Summary => "unary calls between two services against bare gRPC";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        await using var bare = await StubGrpcServer.StartAsync(new Answering());
        await using var equipped = await StartEquippedAsync();
        var address = equipped.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        using var channel = GrpcChannel.ForAddress(bare.Address);
        var reference = new CustomerReads.CustomerReadsClient(channel);
        var ours = EquippedClient(address);

        var (mine, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round <= 5; round++)
        {
            var a = await RateAsync(ours, cancellationToken);
            var b = await RateAsync(reference, cancellationToken);
            Console.WriteLine($"  {(round == 0 ? "warm-up" : $"round {round}")}: ours {a:F0}/s, bare {b:F0}/s");
            if (round == 0) continue;
            mine.Add(a);
            theirs.Add(b);
        }

        var (median, referenceMedian) = (mine.Order().ElementAt(2), theirs.Order().ElementAt(2));
        Console.WriteLine($"rpc: ours {median:F0} calls/s, reference {referenceMedian:F0} calls/s, ratio {median / referenceMedian:F3}");
        return 0;
    }

    private static async Task<double> RateAsync(CustomerReads.CustomerReadsClient client, CancellationToken cancellationToken)
    {
        var request = new ResolveCustomersRequest { References = { new CustomerReference { Source = "shop", SourceId = "12345" } } };
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            var calls = 0;
            while (watch.Elapsed < Turn)
            {
                var answer = await client.ResolveCustomersAsync(request, cancellationToken: cancellationToken);
                if (answer.CustomerIds.Count != 1) throw new InvalidOperationException("A wrong answer.");
                calls++;
            }

            return calls;
        }));
        return counts.Sum() / watch.Elapsed.TotalSeconds;
    }

    private static async Task<WebApplication> StartEquippedAsync()
    {
        var builder = WebApplication.CreateBuilder(
        [
            "--BIND_ADDRESS=127.0.0.1", "--HTTP_PORT=0", "--GRPC_PORT=0", "--ConnectionStrings:postgres=Host=127.0.0.1",
            "--InternalTokens:Issuer=customer", "--InternalTokens:PrivateKey=" + TestKeys.PrivateKey("customer"),
            "--InternalTokens:TrustedIssuers:sales=" + TestKeys.PublicKey("sales"),
        ]);
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults("customer");
        builder.AddPostgres(typeof(RpcBench).Assembly);
        builder.Services.AddSingleton<Answering>();
        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapGrpcService<Answering>().AllowCallers("sales");
        await app.StartAsync();
        return app;
    }

    private static CustomerReads.CustomerReadsClient EquippedClient(string address)
    {
        var builder = WebApplication.CreateBuilder(
        [
            "--BIND_ADDRESS=127.0.0.1", "--HTTP_PORT=0", "--GRPC_PORT=0", "--services:customer:grpc:0=" + address,
            "--ConnectionStrings:postgres=Host=127.0.0.1", "--InternalTokens:Issuer=sales", "--InternalTokens:PrivateKey=" + TestKeys.PrivateKey("sales"),
        ]);
        builder.AddServiceDefaults("sales");
        builder.AddPostgres(typeof(RpcBench).Assembly);
        builder.AddGrpcClient("customer", invoker => new CustomerReads.CustomerReadsClient(invoker));
        return builder.Build().Services.GetRequiredService<CustomerReads.CustomerReadsClient>();
    }

    private sealed class Answering : CustomerReads.CustomerReadsBase
    {
        public override Task<ResolveCustomersResponse> ResolveCustomers(ResolveCustomersRequest request, ServerCallContext context) =>
            Task.FromResult(new ResolveCustomersResponse { CustomerIds = { request.References.Select(_ => "01890a5d-ac96-774b-bcce-b302099a8057") } });
    }
}
