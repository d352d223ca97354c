using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static Crm.Customer.Tests.CustomerHost;

namespace Crm.Customer.Tests.Grpc;

public sealed class CustomerIngestionTests(CustomerHost host) : IClassFixture<CustomerHost>
{
    [Fact]
    public async Task A_stream_is_taken_in_once_and_told_in_events_of_at_most_500()
    {
        var source = Unique("load");
        ImportedCustomer[] rows = [.. Enumerable.Range(1, 2300).Select(i => Row(source, $"{i}", $"Customer {i}"))];

        var first = await ImportAsync(rows);
        Assert.Equal((2300L, 2300L, 0L, 0L, 0L), (first.Received, first.Created, first.Updated, first.Unchanged, first.Rejected));
        var second = await ImportAsync(rows);
        Assert.Equal((2300L, 0L, 0L, 2300L, 0L), (second.Received, second.Created, second.Updated, second.Unchanged, second.Rejected));

        await Eventually.Holds(() =>
        {
            var events = host.Bus.Seen<CustomersRegistered>().Where(message => message.Customers[0].Source == source).ToList();
            Assert.All(events, message => Assert.InRange(message.Customers.Count, 1, 500));
            Assert.Equal(2300, events.SelectMany(message => message.Customers).Select(customer => customer.SourceId).Distinct().Count());
            Assert.Equal(2300, events.Sum(message => message.Customers.Count));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Wrong_rows_are_rejected_with_code_and_field_and_the_others_kept()
    {
        var source = Unique("load");
        var badTime = Row(source, "4", "Bad time");
        badTime.RegisteredAt = new Timestamp { Seconds = long.MaxValue };
        var badPhone = Row(source, "2", "Bad phone");
        badPhone.Phone = "12";
        var own = Row(source, "3", "Own referrer");
        own.ReferredBySourceId = "3";
        var summary = await ImportAsync(Row(source, "1", "Good"), badPhone, own, badTime, Row("Bad Source", "5", "A"), Row(source, "", "No key"));

        Assert.Equal((6L, 1L, 5L), (summary.Received, summary.Created, summary.Rejected));
        Assert.Equal(
            [
                ("2", "customer.phone_invalid", "phone"), ("3", "customer.referral_to_self", "referredBySourceId"), ("4", "customer.instant_invalid", "registeredAt"),
                ("5", "customer.source_invalid", "source"), ("", "customer.source_id_required", "sourceId"),
            ],
            summary.Rejections.Select(rejection => (rejection.SourceId, rejection.Code, rejection.Field)));
    }

    [Fact]
    public async Task A_referrer_is_found_whether_it_comes_before_or_after()
    {
        var source = Unique("load");
        var early = Row(source, "early", "Early");
        early.ReferredBySourceId = "middle";
        var late = Row(source, "late", "Late");
        late.ReferredBySourceId = "middle";
        await ImportAsync(early);
        await ImportAsync(Row(source, "middle", "Referrer"));
        await ImportAsync(late);

        var ids = await ResolveAsync(source, "early", "middle", "late");
        Assert.Equal(ids[1], await ReferredByAsync(ids[0]));
        Assert.Equal(ids[1], await ReferredByAsync(ids[2]));
        await Eventually.Holds(() =>
        {
            Assert.Equal([(1L, null), (2L, (Guid?)ids[1])], host.Snapshots(ids[0]).Select(snapshot => (snapshot.Version, snapshot.ReferredBy)));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task The_same_row_again_does_not_undo_an_edit_and_an_empty_field_says_nothing()
    {
        var source = Unique("load");
        var row = Row(source, "1", "From source");
        row.Email = "old@example.com";
        await ImportAsync(row);
        var id = (await ResolveAsync(source, "1"))[0];
        await host.Rep().PutAsync($"{Customers}/{id}", new { displayName = "Edited by hand", email = "new@example.com" }, 1).OkJsonAsync();

        Assert.Equal(1L, (await ImportAsync(row)).Unchanged);
        Assert.Equal("Edited by hand", (await host.GetAsync($"{Customers}/{id}")).GetProperty("displayName").GetString());

        var renamed = Row(source, "1", "Renamed at source");
        Assert.Equal(1L, (await ImportAsync(renamed)).Updated);
        var read = await host.GetAsync($"{Customers}/{id}");
        Assert.Equal(("Renamed at source", "new@example.com", 3L), (read.GetProperty("displayName").GetString(), read.GetProperty("email").GetString(), read.GetProperty("version").GetInt64()));
    }

    [Fact]
    public async Task Repeating_an_import_does_not_undo_a_withdrawal()
    {
        var source = Unique("load");
        var row = Row(source, "1", "Subscriber");
        row.MarketingConsents.Add("email");
        await ImportAsync(row);
        var id = (await ResolveAsync(source, "1"))[0];
        await host.Rep().PostAsync($"{Customers}/{id}/consents", new { channel = "email", purpose = "marketing", granted = false, noticeVersion = "2" }).OkJsonAsync();

        row.City = "Bandung";
        Assert.Equal(1L, (await ImportAsync(row)).Updated);
        Assert.False((await host.GetAsync($"{Customers}/{id}")).GetProperty("consents")[0].GetProperty("granted").GetBoolean());
    }

    [Fact]
    public async Task Two_imports_of_one_source_side_by_side_create_each_customer_once()
    {
        var source = Unique("load");
        ImportedCustomer[] rows = [.. Enumerable.Range(1, 1500).Select(i => Row(source, $"{i}", $"Customer {i}"))];
        var summaries = await Task.WhenAll(ImportAsync(rows), ImportAsync([.. rows.Reverse()]));
        Assert.Equal(1500L, summaries.Sum(summary => summary.Created));
        Assert.Equal(1500L, summaries.Sum(summary => summary.Unchanged));
    }

    [Fact]
    public async Task References_are_resolved_in_order_and_unknown_ones_are_empty()
    {
        var source = Unique("load");
        await ImportAsync(Row(source, "a", "A"));
        var id = (await ResolveAsync(source, "a"))[0];
        var reads = new CustomerReads.CustomerReadsClient(host.GrpcFrom("sales"));
        var answer = await reads.ResolveCustomersAsync(new ResolveCustomersRequest
        {
            References =
            {
                new CustomerReference { Source = source, SourceId = "missing" }, new CustomerReference { CustomerId = id.ToString() },
                new CustomerReference { CustomerId = NewId().ToString() }, new CustomerReference { CustomerId = "no id", Source = source, SourceId = "a" },
                new CustomerReference { Source = source, SourceId = "a" },
            },
        });
        Assert.Equal(["", id.ToString(), "", "", id.ToString()], answer.CustomerIds);
    }

    [Fact]
    public async Task The_record_and_the_timeline_are_read_and_an_unknown_customer_has_its_code()
    {
        var id = await host.RegisterIdAsync(new { displayName = "Reader", phone = "08123456789", tags = new[] { "vip" } });
        var reads = new CustomerReads.CustomerReadsClient(host.GrpcFrom("gateway"));
        var customer = (await reads.GetCustomerAsync(new GetCustomerRequest { CustomerId = id.ToString() })).Customer;
        Assert.Equal(("Reader", "+628123456789", "Prospect", 1L), (customer.DisplayName, customer.Phone, customer.LifecycleStage, customer.Version));
        var entry = Assert.Single((await reads.GetTimelineAsync(new GetTimelineRequest { CustomerId = id.ToString(), Limit = 5 })).Entries);
        Assert.Equal(("customer.registered", "timeline.customer.registered"), (entry.Kind, entry.SummaryKey));

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await reads.GetCustomerAsync(new GetCustomerRequest { CustomerId = NewId().ToString() }));
        Assert.Equal((StatusCode.NotFound, "customer.not_found"), (refusal.StatusCode, refusal.Trailers.GetValue("crm-code")));
    }

    [Fact]
    public async Task Only_the_gateway_may_import_and_only_for_whom_it_is_a_right()
    {
        var fromSales = await Assert.ThrowsAsync<RpcException>(() => ImportAsync(new CustomerIngestion.CustomerIngestionClient(host.GrpcFrom("sales", Roles.Integration))));
        Assert.Equal(StatusCode.PermissionDenied, fromSales.StatusCode);
        var viewer = await Assert.ThrowsAsync<RpcException>(() => ImportAsync(new CustomerIngestion.CustomerIngestionClient(host.GrpcFrom("gateway", Roles.Viewer))));
        Assert.Equal(StatusCode.PermissionDenied, viewer.StatusCode);
    }

    private static ImportedCustomer Row(string source, string sourceId, string name) => new() { Source = source, SourceId = sourceId, DisplayName = name };

    private Task<ImportSummary> ImportAsync(params ImportedCustomer[] rows) =>
        ImportAsync(new CustomerIngestion.CustomerIngestionClient(host.GrpcFrom("gateway", Roles.Integration)), rows);

    private static async Task<ImportSummary> ImportAsync(CustomerIngestion.CustomerIngestionClient client, params ImportedCustomer[] rows)
    {
        using var call = client.Import();
        foreach (var chunk in rows.Chunk(700)) await call.RequestStream.WriteAsync(new ImportRequest { Customers = { chunk } });
        await call.RequestStream.CompleteAsync();
        return await call;
    }

    private async Task<Guid[]> ResolveAsync(string source, params string[] sourceIds)
    {
        var reads = new CustomerReads.CustomerReadsClient(host.GrpcFrom("sales"));
        var answer = await reads.ResolveCustomersAsync(new ResolveCustomersRequest
        {
            References = { sourceIds.Select(sourceId => new CustomerReference { Source = source, SourceId = sourceId }) },
        });
        return [.. answer.CustomerIds.Select(Guid.Parse)];
    }

    private async Task<Guid> ReferredByAsync(Guid id) => (await host.GetAsync($"{Customers}/{id}")).GetProperty("referredBy").GetGuid();
}
