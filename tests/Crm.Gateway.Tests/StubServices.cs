using System.Collections.Concurrent;
using System.Net;
using Crm.Analytics.Contracts.V1;
using Crm.Campaign.Contracts.V1;
using Crm.Customer.Contracts.V1;
using Crm.Loyalty.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Crm.ServiceDesk.Contracts.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.Gateway.Tests;

/// <summary>What a service got from the gateway.</summary>
internal sealed record Received(string Method, string PathAndQuery, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>Stands behind the gateway for all six services: remembers what it got, answers as told.</summary>
internal sealed class StubServices : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServices(WebApplication app) => _app = app;

    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>Services whose rpcs hang for a customer.</summary>
    public ConcurrentDictionary<(string Service, string CustomerId), bool> Hanging { get; } = new();

    public ConcurrentBag<string> Unknown { get; } = [];

    /// <summary>An event stream sends its next event with each release.</summary>
    public SemaphoreSlim NextEvent { get; } = new(0);

    public string HttpAddress { get; private set; } = "";

    public string GrpcAddress { get; private set; } = "";

    public static async Task<StubServices> StartAsync(int grpcPort = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, grpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();
        StubServices? stub = null;
        builder.Services.AddSingleton(_ => stub!);
        var app = builder.Build();
        stub = new StubServices(app);
        app.MapGrpcService<CustomerStub>();
        app.MapGrpcService<IngestionStub>();
        app.MapGrpcService<SalesStub>();
        app.MapGrpcService<CasesStub>();
        app.MapGrpcService<LoyaltyStub>();
        app.MapGrpcService<CampaignStub>();
        app.MapGrpcService<ValueStub>();
        app.MapFallback("{**path}", stub.RecordAsync);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (stub.HttpAddress, stub.GrpcAddress) = (addresses[0], addresses[1]);
        return stub;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task RecordAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var received = new Received(
            http.Request.Method, http.Request.Path + http.Request.QueryString,
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync());
        Requests.Enqueue(received);
        http.Response.Headers.Server = "stub";
        if (http.Request.Path.Value!.EndsWith("/problem", StringComparison.Ordinal))
        {
            http.Response.StatusCode = 422;
            http.Response.ContentType = "application/problem+json";
            await http.Response.WriteAsync("""{"status":422,"code":"stub.refused","field":"lines[0].sku"}""");
            return;
        }

        if (http.Request.Path.Value.EndsWith("/progress", StringComparison.Ordinal))
        {
            http.Response.ContentType = "text/event-stream";
            for (var number = 1; number <= 2; number++)
            {
                await NextEvent.WaitAsync(http.RequestAborted);
                await http.Response.WriteAsync($"data: {number}\n\n", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }

            return;
        }

        await http.Response.WriteAsJsonAsync(new { received.Method, received.PathAndQuery });
    }

    private async Task AnswerAsync(string service, string customerId, ServerCallContext context)
    {
        if (Hanging.ContainsKey((service, customerId))) await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
    }

    private sealed class CustomerStub(StubServices stub) : CustomerReads.CustomerReadsBase
    {
        public override async Task<GetCustomerResponse> GetCustomer(GetCustomerRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("customer", request.CustomerId, context);
            if (stub.Unknown.Contains(request.CustomerId)) throw new RpcException(new Status(StatusCode.NotFound, "none"), new Metadata { { "crm-code", "customer.not_found" } });
            return new() { Customer = new() { CustomerId = request.CustomerId, Number = "CUST-000001", DisplayName = "Siti Rahma", Version = 3, Email = "siti@example.com" } };
        }

        public override async Task<GetTimelineResponse> GetTimeline(GetTimelineRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("timeline", request.CustomerId, context);
            return new() { Entries = { new TimelineEntry { EntryId = "1", Kind = "customer.registered", SummaryKey = "timeline.customer.registered" } } };
        }
    }

    private sealed class IngestionStub : CustomerIngestion.CustomerIngestionBase
    {
        public override async Task<ImportSummary> Import(IAsyncStreamReader<ImportRequest> requestStream, ServerCallContext context)
        {
            var received = 0L;
            while (await requestStream.MoveNext(context.CancellationToken)) received += requestStream.Current.Customers.Count;
            context.ResponseTrailers.Add("seen-authorization", context.RequestHeaders.GetValue("authorization") ?? "");
            return new() { Received = received, Created = received };
        }
    }

    private sealed class SalesStub(StubServices stub) : SalesReads.SalesReadsBase
    {
        public override async Task<GetPurchaseSummaryResponse> GetPurchaseSummary(GetPurchaseSummaryRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("sales", request.CustomerId, context);
            return new() { PurchaseCount = 2, Totals = { new Money { Currency = "USD", Units = 12, Nanos = 500_000_000 } } };
        }
    }

    private sealed class CasesStub(StubServices stub) : CaseReads.CaseReadsBase
    {
        public override async Task<ListCasesResponse> ListCases(ListCasesRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("service", request.CustomerId, context);
            return new() { OpenCount = 1, Cases = { new CaseOverview { CaseId = "1", Number = "CASE-2026-000001", Status = "New" } } };
        }
    }

    private sealed class LoyaltyStub(StubServices stub) : LoyaltyReads.LoyaltyReadsBase
    {
        public override async Task<GetMembershipResponse> GetMembership(GetMembershipRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("loyalty", request.CustomerId, context);
            throw new RpcException(new Status(StatusCode.NotFound, "not a member"));
        }
    }

    private sealed class CampaignStub(StubServices stub) : CampaignReads.CampaignReadsBase
    {
        public override async Task<ListDeliveriesResponse> ListDeliveries(ListDeliveriesRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("campaign", request.CustomerId, context);
            return new() { Deliveries = { new DeliveryOverview { CampaignName = "Halo", State = "sent" } } };
        }
    }

    private sealed class ValueStub(StubServices stub) : ValueReads.ValueReadsBase
    {
        public override async Task<GetCustomerValueResponse> GetCustomerValue(GetCustomerValueRequest request, ServerCallContext context)
        {
            await stub.AnswerAsync("analytics", request.CustomerId, context);
            return new() { RecencyScore = 5, FrequencyScore = 4, MonetaryScore = 3, ProbabilityAlive = 0.75, ClvMinor = 12345, Currency = "USD" };
        }
    }
}
