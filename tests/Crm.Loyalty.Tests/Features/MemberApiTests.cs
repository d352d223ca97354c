using System.Net;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Loyalty.Contracts.V1;
using Crm.Loyalty.Domain;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using Grpc.Core;

namespace Crm.Loyalty.Tests.Features;

public sealed class MemberApiTests(LoyaltyHost host) : IClassFixture<LoyaltyHost>
{
    private const string Members = LoyaltyHost.Api + "/members";

    [Fact]
    public async Task A_member_from_enrolment_to_the_second_card()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var clerk = host.Operator();
        Assert.Equal((409, "loyalty.already_member", "customerId"), await clerk.PostAsync(Members, new { customerId }).ProblemAsync());

        var card = await clerk.PostAsync($"{Members}/{memberId}/cards", (object?)null).OkJsonAsync();
        var number = card.GetProperty("number").GetString()!;
        Assert.True(CardNumber.IsValid(number));
        var cardPath = $"{LoyaltyHost.Api}/cards/{card.GetProperty("id").GetGuid()}";
        Assert.Equal("blocked", (await clerk.PostAsync(cardPath + "/block", new { reason = "lost" }).OkJsonAsync()).GetProperty("status").GetString());
        Assert.Equal((409, "loyalty.card_not_active", null), await clerk.PostAsync(cardPath + "/block", new { reason = "lost" }).ProblemAsync());
        var replacement = await clerk.PostAsync(cardPath + "/replacement", (object?)null).OkJsonAsync();
        Assert.NotEqual(number, replacement.GetProperty("number").GetString());
        Assert.Equal((409, "loyalty.card_replaced", null), await clerk.PostAsync(cardPath + "/replacement", (object?)null).ProblemAsync());

        var shown = await clerk.GetAsync($"{Members}/by-customer/{customerId}").OkJsonAsync();
        Assert.Equal(memberId, shown.GetProperty("id").GetGuid());
        Assert.Equal(["active", "replaced"], shown.GetProperty("cards").EnumerateArray().Select(item => item.GetProperty("status").GetString()));
        Assert.DoesNotContain(number, shown.GetRawText(), StringComparison.Ordinal);

        var reads = new LoyaltyReads.LoyaltyReadsClient(host.GrpcFrom("gateway", Roles.Viewer));
        var membership = await reads.GetMembershipAsync(new GetMembershipRequest { CustomerId = customerId.ToString() });
        Assert.Equal(shown.GetProperty("number").GetString(), membership.MemberNumber);
        Assert.Equal(number[^4..], membership.Cards[1].NumberEnd);
        Assert.Equal(LoyaltyHost.Joined, membership.EnrolledAt.ToDateTimeOffset());
        await Eventually.Holds(() =>
        {
            Assert.Single(host.Bus.Seen<MembersEnrolled>().SelectMany(enrolled => enrolled.Members), member => member.MemberId == memberId && member.CustomerId == customerId);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Many_are_enrolled_at_once_and_members_counted()
    {
        var (_, already) = await host.EnrolAsync();
        Guid[] customerIds = [already, .. Enumerable.Range(0, 620).Select(_ => host.Customers.Add())];
        var answer = await host.Operator().PostAsync($"{Members}/batch", new { customerIds }).OkJsonAsync();
        Assert.Equal((620, 1), (answer.GetProperty("enrolled").GetInt32(), answer.GetProperty("alreadyMembers").GetInt32()));
        await Eventually.Holds(() =>
        {
            var told = host.Bus.Seen<MembersEnrolled>().Where(enrolled => enrolled.Members.Any(member => member.CustomerId != already && customerIds.Contains(member.CustomerId))).ToList();
            Assert.Equal([120, 500], told.Select(enrolled => enrolled.Members.Count).Order());
            Assert.Equal(620, told.SelectMany(enrolled => enrolled.Members).Select(member => member.MemberNumber).Distinct().Count());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Twenty_enrolments_of_one_customer_make_one_member()
    {
        var customerId = host.Customers.Add();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.Operator().PostAsync(Members, new { customerId })));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(19, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task An_unknown_customer_in_a_batch_refuses_all_of_it()
    {
        var before = await CountAsync();
        Guid[] customerIds = [host.Customers.Add(), LoyaltyHost.Ids.Next()];
        Assert.Equal((422, "loyalty.unknown_customer", "customerIds[1]"), await host.Operator().PostAsync($"{Members}/batch", new { customerIds }).ProblemAsync());
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task A_customer_known_by_its_event_needs_no_call()
    {
        var id = LoyaltyHost.Ids.Next();
        var snapshot = new CustomerSnapshot { CustomerId = id, Version = 1, DisplayName = "Sri", Language = "id", TimeZone = "Asia/Jakarta", LifecycleStage = "Prospect", RegisteredAt = DateTimeOffset.UnixEpoch };
        await host.Bus.PublishAsync(new CustomersRegistered(LoyaltyHost.Ids.Next(), DateTimeOffset.UnixEpoch, [snapshot]), LoyaltyHost.Ids.Next());
        await Eventually.Holds(() => host.Operator().PostAsync(Members, new { customerId = id }).OkJsonAsync());
    }

    [Theory]
    [InlineData("", "{}", 400, "request.missing_field", "customerId")]
    [InlineData("", """{"customerId":"x"}""", 400, "request.malformed", "customerId")]
    [InlineData("", """{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057"}""", 422, "loyalty.unknown_customer", "customerId")]
    [InlineData("", """{"customerId":"01890a5d-ac96-774b-bcce-b302099a8057","points":5}""", 400, "request.unknown_field", "points")]
    [InlineData("/batch", """{"customerIds":[]}""", 400, "request.invalid", "customerIds")]
    [InlineData("/01890a5d-ac96-774b-bcce-b302099a8057/cards", null, 404, "loyalty.member_not_found", null)]
    [InlineData("/01890a5d-ac96-774b-bcce-b302099a8057/redemptions", """{"points":5}""", 404, "loyalty.member_not_found", null)]
    [InlineData("/01890a5d-ac96-774b-bcce-b302099a8057/redemptions", """{"points":0}""", 400, "request.invalid", "points")]
    [InlineData("/01890a5d-ac96-774b-bcce-b302099a8057/redemptions", """{"points":9223372036854775807}""", 400, "request.invalid", "points")]
    [InlineData("/01890a5d-ac96-774b-bcce-b302099a8057/redemptions", """{"points":1.5}""", 400, "request.malformed", "points")]
    [InlineData("/01890a5d-ac96-774b-bcce-b302099a8057/redemptions", """{"points":5,"source":"shop"}""", 400, "loyalty.reference_incomplete", "sourceId")]
    public async Task Refused_and_nothing_stored(string path, string? body, int status, string code, string? field)
    {
        var before = await CountAsync();
        Assert.Equal((status, code, field), await host.Operator().PostAsync(Members + path, body).ProblemAsync());
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Nobody_joins_in_the_future()
    {
        var request = new { customerId = host.Customers.Add(), enrolledAt = TimeProvider.System.GetUtcNow().AddDays(1) };
        Assert.Equal((422, "loyalty.enrolled_at_invalid", "enrolledAt"), await host.Operator().PostAsync(Members, request).ProblemAsync());
    }

    [Fact]
    public async Task Rights_are_asked_for()
    {
        EndpointRules.AssertAuthorised(host.Services);
        var (memberId, customerId) = await host.EnrolAsync();
        var viewer = host.ClientFor(Roles.Viewer);
        Assert.Equal(HttpStatusCode.OK, (await viewer.GetAsync($"{Members}/{memberId}")).StatusCode);
        Assert.Equal(403, (await viewer.PostAsync($"{Members}/{memberId}/redemptions", new { points = 1 }).ProblemAsync()).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await host.Operator().GetAsync($"{LoyaltyHost.Api}/ledger-verification")).StatusCode);

        var other = new LoyaltyReads.LoyaltyReadsClient(host.GrpcFrom("sales", Roles.LoyaltyManager));
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await other.GetMembershipAsync(new GetMembershipRequest { CustomerId = customerId.ToString() }));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        var gateway = new LoyaltyReads.LoyaltyReadsClient(host.GrpcFrom("gateway", Roles.Viewer));
        var absent = await Assert.ThrowsAsync<RpcException>(async () => await gateway.GetMembershipAsync(new GetMembershipRequest { CustomerId = LoyaltyHost.Ids.Next().ToString() }));
        Assert.Equal((StatusCode.NotFound, "loyalty.member_not_found"), (absent.StatusCode, absent.Trailers.GetValue("crm-code")));
    }

    private async Task<(long, long)> CountAsync()
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<(long, long)>("SELECT (SELECT count(*) FROM members), (SELECT count(*) FROM journals)");
    }

    [Fact]
    public async Task A_person_is_told_their_membership_cards_and_ledger()
    {
        var (member, customer) = await host.EnrolAsync();
        await host.EnrolAsync();
        await host.PublishAsync(LoyaltyHost.Purchase(customer, [50_000m]));
        await Eventually.Holds(async () => Assert.Single((await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customer))["journals"]));
        var told = await SubjectExport.ReadAsync(host.GrpcFrom("customer"), customer);
        Assert.Equal(member, Assert.Single(told["members"]).GetProperty("id").GetGuid());
        Assert.Equal(member, Assert.Single(told["lots"]).GetProperty("member_id").GetGuid());
        Assert.NotEmpty(told["postings"]);
        await SubjectExport.AssertClosedAsync(host.GrpcFrom("gateway", Roles.Ops));
    }
}
