using Crm.Customer.Contracts.Events.V1;
using Crm.Testing;

namespace Crm.Loyalty.Tests.Consumers;

public sealed class MergeTests(LoyaltyHost host) : IClassFixture<LoyaltyHost>
{
    [Fact]
    public async Task A_member_follows_to_a_survivor_who_is_none_earns_there_and_comes_back()
    {
        var (member, absorbed) = await EnrolAsync();
        var survivor = LoyaltyHost.Ids.Next();
        var merge = LoyaltyHost.Ids.Next();
        await host.Bus.PublishAsync(new CustomerMerged(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined, merge, survivor, absorbed), LoyaltyHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(survivor, await CustomerOfAsync(member)));
        await host.PublishAsync(LoyaltyHost.Purchase(survivor, [250_000]));
        await host.BalanceBecomesAsync(member, 25, 0, 25);

        await host.Bus.PublishAsync(new CustomerUnmerged(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined, merge, survivor, absorbed), LoyaltyHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(absorbed, await CustomerOfAsync(member)));
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task Two_accounts_stay_two_and_no_point_is_lost_or_doubled()
    {
        var ((one, survivor), (other, absorbed)) = (await EnrolAsync(), await EnrolAsync());
        await host.PublishAsync(LoyaltyHost.Purchase(survivor, [100_000]), LoyaltyHost.Purchase(absorbed, [200_000]));
        await host.BalanceBecomesAsync(one, 10, 0, 10);
        await host.BalanceBecomesAsync(other, 20, 0, 20);
        await host.Bus.PublishAsync(new CustomerMerged(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined, LoyaltyHost.Ids.Next(), survivor, absorbed), LoyaltyHost.Ids.Next());
        await Eventually.Holds(async () => Assert.Equal(0, await host.Servers.QueueLengthAsync("loyalty-customer-merged")));
        await host.PublishAsync(LoyaltyHost.Purchase(survivor, [100_000]));
        await host.BalanceBecomesAsync(one, 20, 0, 20);
        await host.BalanceBecomesAsync(other, 20, 0, 20);
        await host.AssertSoundAsync();
    }

    private async Task<(Guid MemberId, Guid CustomerId)> EnrolAsync()
    {
        var customerId = LoyaltyHost.Ids.Next();
        await using var command = host.Database.CreateCommand($"INSERT INTO customers VALUES ('{customerId}')");
        await command.ExecuteNonQueryAsync();
        var member = await host.Operator().PostAsync($"{LoyaltyHost.Api}/members", new { customerId, enrolledAt = LoyaltyHost.Joined }).OkJsonAsync();
        return (member.GetProperty("id").GetGuid(), customerId);
    }

    private async Task<Guid> CustomerOfAsync(Guid member)
    {
        await using var command = host.Database.CreateCommand($"SELECT customer_id FROM members WHERE id = '{member}'");
        return (Guid)(await command.ExecuteScalarAsync())!;
    }
}
