using Crm.Customer.Contracts.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class GrpcIngressTests(GatewayHost host)
{
    [Fact]
    public async Task A_departments_stream_goes_through_with_pauses_and_more_than_any_body_limit()
    {
        using var channel = GrpcChannel.ForAddress(host.GrpcIngress);
        var headers = new Metadata { { "authorization", "Bearer " + await host.AccessTokenAsync("sales-shop") } };
        using var call = new CustomerIngestion.CustomerIngestionClient(channel).Import(headers);
        var request = new ImportRequest();
        for (var i = 0; i < 1000; i++) request.Customers.Add(new ImportedCustomer { Source = "test", SourceId = $"{i}", DisplayName = new string('x', 400) });
        for (var batch = 0; batch < 10; batch++)
        {
            await call.RequestStream.WriteAsync(request); // ten times 400 kB, beyond the limit of a usual body
            if (batch == 5) await Task.Delay(TimeSpan.FromSeconds(7)); // longer than Kestrel's grace for slow bodies
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(10_000, (await call.ResponseAsync).Received);
        var token = new JsonWebToken(call.GetTrailers().GetValue("seen-authorization")!["Bearer ".Length..]);
        Assert.Equal(("gateway", "customer", "client:sales-shop"), (token.Issuer, token.Audiences.Single(), token.Subject));
    }

    [Theory]
    [InlineData("none", StatusCode.Unauthenticated)]
    [InlineData("garbage", StatusCode.Unauthenticated)]
    [InlineData("person", StatusCode.PermissionDenied)]
    public async Task Only_machine_clients_with_the_role_may_bring_data_in(string credential, StatusCode expected)
    {
        using var channel = GrpcChannel.ForAddress(credential == "person" ? (await ScriptedIngressAsync()) : host.GrpcIngress);
        var headers = new Metadata();
        if (credential == "garbage") headers.Add("authorization", "Bearer x.y.z");
        if (credential == "person") headers.Add("authorization", "Bearer " + host.Provider.Token("crm-api", "at+jwt"));
        using var call = new CustomerIngestion.CustomerIngestionClient(channel).Import(headers);
        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Other_rpcs_are_not_there()
    {
        using var channel = GrpcChannel.ForAddress(host.GrpcIngress);
        var headers = new Metadata { { "authorization", "Bearer " + await host.AccessTokenAsync("seed") } };
        var exception = await Assert.ThrowsAsync<RpcException>(() =>
            new CustomerReads.CustomerReadsClient(channel).GetCustomerAsync(new GetCustomerRequest { CustomerId = "1" }, headers).ResponseAsync);
        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }

    private async Task<string> ScriptedIngressAsync() =>
        (await host.StartGatewayAsync(RunningProgram.FreePort(), new() { ["Oidc:Authority"] = host.Provider.Issuer })).Ingress;
}
