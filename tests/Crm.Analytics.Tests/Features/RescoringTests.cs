using System.Text.Json;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Contracts.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Grpc.Core;

namespace Crm.Analytics.Tests.Features;

/// <summary>A small population whose scores follow its purchases; refusals and rights.</summary>
public sealed class RescoringTests(AnalyticsHost host) : IClassFixture<AnalyticsHost>
{
    [Fact]
    public async Task A_purchase_changes_the_customers_scores_within_seconds_and_a_full_return_takes_them_back()
    {
        var customers = await host.PopulateAsync("IDR", 60);
        await host.RunAsync("/model-fits", new { currency = "IDR", thenScore = true });
        var buyer = customers[7];
        var before = await Eventually.Answers<object>(async () => await ValueOrNullAsync(buyer));
        await using var probe = await BusProbe.StartAsync(host.Servers.RabbitMq, typeof(CustomersScored));
        var (frequency, clv) = ((JsonElement)before).Rates();

        var purchase = AnalyticsHost.Purchase(buyer, new DateOnly(2024, 6, 30), 900_000, "IDR");
        await probe.PublishAsync(new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, [purchase]), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(frequency + 1, (await ValueAsync(buyer)).Rates().Frequency), TimeSpan.FromSeconds(10));
        var after = await ValueAsync(buyer);
        Assert.True(after.Rates().Clv > clv, $"{after.Rates().Clv} > {clv}");
        Assert.Equal(5, after.GetProperty("rfm").GetProperty("recency").GetInt32());
        await Eventually.Holds(() =>
        {
            var told = Assert.Single(probe.Seen<CustomersScored>(), scored => scored.ComputedAt == after.GetProperty("computedAt").GetDateTimeOffset() && scored.Scores.Any(score => score.CustomerId == buyer));
            Assert.Equal(after.Rates().Clv, told.Scores.Single(score => score.CustomerId == buyer).Clv);
            Assert.Equal(after.GetProperty("modelVersion").GetString(), told.ModelVersion);
            return Task.CompletedTask;
        });

        await probe.PublishAsync(AnalyticsHost.Return(purchase, purchase.Total, 0), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal((frequency, clv), (await ValueAsync(buyer)).Rates()), TimeSpan.FromSeconds(10));

        // A first purchase makes a customer; returned whole, it leaves none.
        var newcomer = AnalyticsHost.Purchase(AnalyticsHost.Ids.Next(), new DateOnly(2024, 6, 30), 50_000, "IDR");
        await probe.PublishAsync(new PurchasesRecorded(AnalyticsHost.Ids.Next(), DateTimeOffset.UnixEpoch, [newcomer]), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.False((await ValueAsync(newcomer.CustomerId)).GetProperty("hasRepeated").GetBoolean()), TimeSpan.FromSeconds(10));
        await probe.PublishAsync(AnalyticsHost.Return(newcomer, newcomer.Total, 0), AnalyticsHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Null(await ValueOrNullAsync(newcomer.CustomerId)), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Each_currency_is_a_population_of_its_own()
    {
        var ringgit = await host.PopulateAsync("MYR", 40);
        var dinar = await host.PopulateAsync("KWD", 30);
        foreach (var (currency, customers) in new[] { ("MYR", ringgit), ("KWD", dinar) })
        {
            var fit = await host.RunAsync("/model-fits", new { currency });
            Assert.Equal(customers.Count, fit.GetProperty("result").GetProperty("customers").GetInt32());
            var run = await host.RunAsync("/scoring-runs", new { currency });
            Assert.Equal(customers.Count, run.GetProperty("result").GetProperty("customers").GetInt32());
            Assert.Equal(fit.GetProperty("id").GetGuid(), run.GetProperty("modelFitId").GetGuid());
        }

        Assert.Equal("MYR", (await ValueAsync(ringgit[0])).GetProperty("currency").GetString());
        Assert.Equal("KWD", (await ValueAsync(dinar[0])).GetProperty("currency").GetString());
    }

    [Fact]
    public async Task A_fit_on_too_few_customers_fails_and_says_why()
    {
        await host.PopulateAsync("SGD", 5);
        using var accepted = await host.Analyst().PostAsync(AnalyticsHost.Api + "/model-fits", new { currency = "SGD" });
        var location = accepted.Headers.Location!.ToString();
        await Eventually.Holds(async () =>
        {
            var status = (await host.Analyst().GetAsync(location).OkJsonAsync()).GetProperty("status");
            Assert.Equal("failed", status.GetProperty("state").GetString());
            Assert.Equal("analytics.too_few_customers", status.GetProperty("errorCode").GetString());
        });
        Assert.Equal((409, "analytics.no_model_fit", "modelFitId"), await host.Analyst().PostAsync(AnalyticsHost.Api + "/scoring-runs", new { currency = "SGD" }).ProblemAsync());
    }

    [Theory]
    [InlineData("/model-fits", """{"calibrationEnd":"1997-02-30"}""", 400, "request.malformed", "calibrationEnd")]
    [InlineData("/model-fits", """{"calibrationEnd":"2999-01-01"}""", 422, "analytics.date_in_future", "calibrationEnd")]
    [InlineData("/model-fits", """{"currency":"usd"}""", 400, "request.invalid", "currency")]
    [InlineData("/model-fits", """{"cutoff":"1997-01-01"}""", 400, "request.unknown_field", "cutoff")]
    [InlineData("/model-fits", """{"currency":"CHF"}""", 422, "analytics.no_purchases", null)]
    [InlineData("/scoring-runs", """{"horizonDays":0}""", 400, "request.invalid", "horizonDays")]
    [InlineData("/scoring-runs", """{"modelFitId":"01890a5d-ac96-774b-bcce-b302099a8057"}""", 422, "analytics.unknown_model_fit", "modelFitId")]
    public async Task Jobs_refused_and_nothing_stored(string path, string body, int status, string code, string? field)
    {
        Assert.Equal((status, code, field), await host.Analyst().PostAsync(AnalyticsHost.Api + path, body).ProblemAsync());
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM jobs WHERE currency = 'CHF'"));
    }

    [Theory]
    [InlineData("/customer-values?sort=name", 400, "analytics.unknown_sort", "sort")]
    [InlineData("/customer-values?order=up", 400, "analytics.unknown_order", "order")]
    [InlineData("/customer-values?minClvPercentile=80", 400, "analytics.percentile_out_of_range", "minClvPercentile")]
    [InlineData("/customer-values?cursor=%21", 400, "request.cursor_invalid", "cursor")]
    [InlineData("/rfm-grid?cells=7", 400, "analytics.unknown_grid", "cells")]
    [InlineData("/value-distribution?currency=rp", 400, "analytics.currency_invalid", "currency")]
    [InlineData("/value-distribution?currency=CHF", 422, "analytics.no_purchases", null)]
    [InlineData("/concentration?currency=CHF", 422, "analytics.no_purchases", null)]
    [InlineData("/events?type=Nonsense", 400, "analytics.unknown_event_type", "type")]
    [InlineData("/customers/01890a5d-ac96-774b-bcce-b302099a8057/value", 404, "analytics.not_scored", null)]
    [InlineData("/model-fits/01890a5d-ac96-774b-bcce-b302099a8057", 404, "analytics.job_not_found", null)]
    public async Task Questions_refused(string path, int status, string code, string? field) =>
        Assert.Equal((status, code, field), await host.Analyst().GetAsync(AnalyticsHost.Api + path).ProblemAsync());

    [Fact]
    public async Task Rights()
    {
        EndpointRules.AssertAuthorised(host.Services);
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.SalesRep).PostAsync(AnalyticsHost.Api + "/model-fits", new { }).ProblemAsync());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.SalesRep).GetAsync(AnalyticsHost.Api + "/events").ProblemAsync());
        Assert.Equal((401, "auth.required", null), await host.Anonymous().GetAsync(AnalyticsHost.Api + "/customer-values").ProblemAsync());
        var stranger = new ValueReads.ValueReadsClient(host.GrpcFrom("sales", Roles.Analyst));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await stranger.GetCustomerValueAsync(new GetCustomerValueRequest { CustomerId = AnalyticsHost.Ids.Next().ToString() }));
        Assert.Equal(StatusCode.PermissionDenied, refusal.StatusCode);
    }

    private Task<JsonElement> ValueAsync(Guid customer) => host.Analyst().GetAsync($"{AnalyticsHost.Api}/customers/{customer}/value").OkJsonAsync();

    private async Task<object?> ValueOrNullAsync(Guid customer)
    {
        using var response = await host.Analyst().GetAsync($"{AnalyticsHost.Api}/customers/{customer}/value");
        return response.IsSuccessStatusCode ? await response.JsonAsync() : null;
    }
}

internal static class CustomerValueJson
{
    public static (int Frequency, decimal Clv) Rates(this JsonElement value) =>
        (value.GetProperty("history").GetProperty("repeatPurchases").GetInt32(), value.GetProperty("clv").GetDecimal());
}
