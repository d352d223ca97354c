using Crm.Analytics.Contracts.V1;
using Crm.Campaign.Contracts.V1;
using Crm.Customer.Contracts.V1;
using Crm.Loyalty.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Grpc;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Gateway.Compositions;

/// <summary>
/// Everything about one customer on one page: all services asked at once over gRPC, each for 300 ms. A part that does not answer is named
/// in <c>unavailable</c> and the rest is shown; only the record itself is needed. No joins, no rules, nothing kept.
/// </summary>
internal static partial class Customer360
{
    private static readonly TimeSpan RecordDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PartDeadline = TimeSpan.FromMilliseconds(300);
    private const int Latest = 10;

    public static void AddCustomer360(this WebApplicationBuilder builder)
    {
        builder.AddGrpcClient("customer", invoker => new CustomerReads.CustomerReadsClient(invoker));
        builder.AddGrpcClient("sales", invoker => new SalesReads.SalesReadsClient(invoker));
        builder.AddGrpcClient("service", invoker => new CaseReads.CaseReadsClient(invoker));
        builder.AddGrpcClient("loyalty", invoker => new LoyaltyReads.LoyaltyReadsClient(invoker));
        builder.AddGrpcClient("campaign", invoker => new CampaignReads.CampaignReadsClient(invoker));
        builder.AddGrpcClient("analytics", invoker => new ValueReads.ValueReadsClient(invoker));
        builder.Services.AddSingleton<Clients>();
        builder.Services.AddHostedService<Warming>();
    }

    public static void MapCustomer360(this WebApplication app) =>
        app.MapGet("/api/customer360/v1/customers/{id:guid}", async Task<Results<Ok<View>, ProblemHttpResult>> (Guid id, Clients clients, CancellationToken cancellationToken) =>
            {
                var result = await ComposeAsync(id.ToString(), clients, cancellationToken);
                return result.TryGet(out var view, out var error) ? TypedResults.Ok(view) : error.ToProblem();
            })
            .WithName("GetCustomer360").WithTags("customer360").AllowRoles(Roles.Staff).RequireRateLimiting("api");

    internal sealed record Clients(
        CustomerReads.CustomerReadsClient Customer, SalesReads.SalesReadsClient Sales, CaseReads.CaseReadsClient Cases,
        LoyaltyReads.LoyaltyReadsClient Loyalty, CampaignReads.CampaignReadsClient Campaign, ValueReads.ValueReadsClient Analytics, TimeProvider Time,
        ILogger<Clients> Log);

    private static async Task<Result<View>> ComposeAsync(string id, Clients clients, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        var timeline = PartAsync("timeline", options => clients.Customer.GetTimelineAsync(new() { CustomerId = id, Limit = Latest }, options), TimelineOf);
        var purchases = PartAsync("purchases", options => clients.Sales.GetPurchaseSummaryAsync(new() { CustomerId = id, Latest = Latest }, options), PurchasesOf);
        var cases = PartAsync("cases", options => clients.Cases.ListCasesAsync(new() { CustomerId = id, Limit = Latest }, options), CasesOf);
        var loyalty = PartAsync("loyalty", options => clients.Loyalty.GetMembershipAsync(new() { CustomerId = id }, options), MembershipOf);
        var campaigns = PartAsync("campaigns", options => clients.Campaign.ListDeliveriesAsync(new() { CustomerId = id, Limit = Latest }, options), DeliveriesOf);
        var value = PartAsync("value", options => clients.Analytics.GetCustomerValueAsync(new() { CustomerId = id }, options), ValueOf);
        var record = RecordAsync(id, clients, cancellationToken);

        await Task.WhenAll(timeline, purchases, cases, loyalty, campaigns, value, record);
        if (!(await record).TryGet(out var customer, out var error)) return error;
        return new View(
            customer, await timeline, await purchases, await cases, await loyalty, await campaigns, await value,
            [.. missing.Order(StringComparer.Ordinal)]);

        async Task<TPart?> PartAsync<TResponse, TPart>(string name, Func<CallOptions, AsyncUnaryCall<TResponse>> call, Func<TResponse, TPart> read)
            where TPart : class
        {
            try
            {
                return read(await call(new CallOptions(deadline: (clients.Time.GetUtcNow() + PartDeadline).UtcDateTime, cancellationToken: cancellationToken)));
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
            {
                return null; // not a member, not scored: an answer, too
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                PartMissing(clients.Log, name, exception.StatusCode, exception.Status.Detail);
                lock (missing) missing.Add(name);
                return null;
            }
        }
    }

    private static async Task<Result<CustomerPart>> RecordAsync(string id, Clients clients, CancellationToken cancellationToken)
    {
        try
        {
            var options = new CallOptions(deadline: (clients.Time.GetUtcNow() + RecordDeadline).UtcDateTime, cancellationToken: cancellationToken);
            return CustomerOf((await clients.Customer.GetCustomerAsync(new() { CustomerId = id }, options)).Customer);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return Error.NotFound("customer.not_found", "There is no such customer.");
        }
        catch (RpcException exception) when (exception.StatusCode is StatusCode.PermissionDenied or StatusCode.Unauthenticated)
        {
            return Error.Forbidden("auth.forbidden", "The customer's record is not for you to see.");
        }
        catch (RpcException) when (!cancellationToken.IsCancellationRequested)
        {
            return Error.Unavailable("customer360.record_unavailable", "The customer's record cannot be read at the moment. Try again.");
        }
    }

    [LoggerMessage(LogLevel.Warning, "The page of a customer goes without {Part}: {Status}, {Detail}")]
    private static partial void PartMissing(ILogger log, string part, StatusCode status, string detail);

    /// <summary>Opens the connections before the first person waits for them, so that 300 ms is enough for the first page, too.</summary>
    private sealed class Warming(Clients clients) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            await ComposeAsync(Guid.Empty.ToString(), clients, stoppingToken);
        }
    }
}
