using System.Net;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using Npgsql;

namespace Crm.Loyalty.Tests.Features;

public sealed class LedgerTests(LoyaltyHost host) : IClassFixture<LoyaltyHost>
{
    [Fact]
    public async Task A_purchase_earns_by_line_and_its_return_takes_the_same_points_back()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var purchase = LoyaltyHost.Purchase(customerId, [28_000, 42_000, 55_000]);
        await host.PublishAsync(purchase);
        await host.BalanceBecomesAsync(memberId, 12, 0, 12);
        Assert.Equal([(1, 3L), (2, 4L), (3, 5L)], await LotsAsync(purchase));

        // 125,000 - 42,000 leaves 83,000: eight points, four fewer, all from the returned line.
        var returned = LoyaltyHost.Return(purchase, 2, 42_000, 83_000);
        await host.PublishAsync(returned);
        await host.BalanceBecomesAsync(memberId, 8, 0, 8);
        Assert.Equal([(1, 3L), (2, 0L), (3, 5L)], await LotsAsync(purchase));

        var ledger = await host.LedgerAsync(memberId);
        Assert.Equal([$"return:{returned.ReturnId}", $"purchase:shop:{purchase.SourceId}"], ledger.Select(item => item.GetProperty("reference").GetString()));
        Assert.Equal([-4, 12], ledger.Select(item => item.GetProperty("points").GetInt64()));
        Assert.All(ledger, item => Assert.Equal(0, item.GetProperty("postings").EnumerateArray().Sum(posting => posting.GetProperty("points").GetInt64())));
        await Eventually.Holds(() =>
        {
            var told = host.Bus.Seen<PointsPosted>().SelectMany(posted => posted.Journals).Where(journal => journal.MemberId == memberId).OrderBy(journal => journal.MemberVersion).ToList();
            Assert.Equal([("earn", 12L, 12L, 2L), ("reverse", -4L, 8L, 3L)], told.Select(journal => (journal.Kind, journal.Points, journal.AvailableAfter, journal.MemberVersion)));
            Assert.All(told, journal => Assert.Equal(customerId, journal.CustomerId));
            return Task.CompletedTask;
        });
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task Only_members_earn_and_only_on_what_they_buy_as_members()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var early = LoyaltyHost.Purchase(customerId, [500_000], at: LoyaltyHost.Joined.AddSeconds(-1));
        var nobody = LoyaltyHost.Purchase(host.Customers.Add(), [500_000]);
        var unruled = LoyaltyHost.Purchase(customerId, [500_000], currency: "JPY");
        var dollars = LoyaltyHost.Purchase(customerId, [14.99m], currency: "USD");
        await host.PublishAsync(early, nobody, unruled, dollars);
        await host.BalanceBecomesAsync(memberId, 14, 0, 14);
        await host.PublishAsync(LoyaltyHost.Return(unruled, 1, 500_000, 0));
        await host.PublishAsync(LoyaltyHost.Return(dollars, 1, 14.99m, 0));
        await host.BalanceBecomesAsync(memberId, 0, 0, 0);

        // Who becomes a member later does not earn on what came before.
        var late = await host.Operator().PostAsync($"{LoyaltyHost.Api}/members", new { customerId = nobody.CustomerId }).OkJsonAsync();
        await host.PublishAsync(nobody, LoyaltyHost.Purchase(nobody.CustomerId, [30_000], at: TimeProvider.System.GetUtcNow().AddMinutes(1)));
        await host.BalanceBecomesAsync(late.GetProperty("id").GetGuid(), 3, 0, 3);
    }

    [Fact]
    public async Task A_return_before_its_purchase_ends_right()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var purchase = LoyaltyHost.Purchase(customerId, [60_000, 65_000]);
        await host.PublishAsync(LoyaltyHost.Return(purchase, 2, 35_000, 50_000));
        await host.PublishAsync(LoyaltyHost.Return(purchase, 2, 30_000, 95_000));
        await Eventually.Holds(async () => Assert.Equal(2, await ScalarAsync<long>("SELECT count(*) FROM parked_returns WHERE purchase_id = @PurchaseId", purchase)));
        await host.PublishAsync(purchase);
        await host.BalanceBecomesAsync(memberId, 5, 0, 5);
        Assert.Equal(0, await ScalarAsync<long>("SELECT count(*) FROM parked_returns WHERE purchase_id = @PurchaseId", purchase));
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task Points_spent_already_are_owed_and_settled_by_the_next()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var purchase = LoyaltyHost.Purchase(customerId, [100_000]);
        await host.PublishAsync(purchase);
        await host.BalanceBecomesAsync(memberId, 10, 0, 10);
        await host.RedeemAsync(memberId, new { points = 7 }).OkJsonAsync();
        await host.PublishAsync(LoyaltyHost.Return(purchase, 1, 100_000, 0));
        await host.BalanceBecomesAsync(memberId, 0, 7, 0);
        Assert.Equal((422, "loyalty.insufficient_points", "points"), await host.RedeemAsync(memberId, new { points = 1 }).ProblemAsync());

        var next = LoyaltyHost.Purchase(customerId, [50_000, 40_000]);
        await host.PublishAsync(next);
        await host.BalanceBecomesAsync(memberId, 2, 0, 9);
        Assert.Equal([(1, 0L), (2, 2L)], await LotsAsync(next));
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task What_a_returned_purchase_no_longer_has_comes_from_the_others_before_it_is_owed()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var first = LoyaltyHost.Purchase(customerId, [100_000]);
        var second = LoyaltyHost.Purchase(customerId, [40_000], at: first.PurchasedAt.AddDays(1));
        await host.PublishAsync(second, first);
        await host.BalanceBecomesAsync(memberId, 14, 0, 14);
        await host.RedeemAsync(memberId, new { points = 9 }).OkJsonAsync(); // the older first
        Assert.Equal([(1, 1L)], await LotsAsync(first));
        await host.PublishAsync(LoyaltyHost.Return(first, 1, 100_000, 0));
        await host.BalanceBecomesAsync(memberId, 0, 5, 4);
        Assert.Equal([(1, 0L)], await LotsAsync(second));
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task A_return_is_computed_by_the_rule_of_its_purchase()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        var before = LoyaltyHost.Purchase(customerId, [7, 5], "EUR");
        var change = before.PurchasedAt.AddDays(1);
        await using (var connection = await host.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("INSERT INTO earning_rules (currency, version, amount_per_point, effective_from) VALUES ('EUR', 2, 0.5, @change)", new { change });
        }

        await host.PublishAsync(before, LoyaltyHost.Purchase(customerId, [3], "EUR", change));
        await host.BalanceBecomesAsync(memberId, 12 + 6, 0, 18);
        await host.PublishAsync(LoyaltyHost.Return(before, 2, 5, 7));
        await host.BalanceBecomesAsync(memberId, 7 + 6, 0, 13);
        Assert.Equal([1, 2, 1], (await host.LedgerAsync(memberId)).Select(item => item.GetProperty("ruleVersion").GetInt32()));
    }

    [Fact]
    public async Task Events_repeated_and_shuffled_give_the_same_balances()
    {
        var random = new Random(20_260_625);
        var members = new List<(Guid MemberId, Guid CustomerId)>();
        for (var i = 0; i < 8; i++) members.Add(await host.EnrolAsync());
        var expected = members.ToDictionary(member => member.MemberId, _ => 0L);
        var deliveries = new List<(object Event, Guid MessageId)>();
        var batch = new List<RecordedPurchase>();
        for (var i = 0; i < 160; i++)
        {
            var (memberId, customerId) = members[random.Next(members.Count)];
            var purchase = LoyaltyHost.Purchase(
                customerId, [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (decimal)random.Next(1, 300_000))], at: LoyaltyHost.Joined.AddHours(random.Next(4_000)));
            batch.Add(purchase);
            var left = purchase.Total;
            foreach (var line in purchase.Lines.Where(_ => random.Next(4) == 0))
            {
                left -= line.Net;
                deliveries.Add((LoyaltyHost.Return(purchase, line.Line, line.Net, left), LoyaltyHost.Ids.Next()));
            }

            expected[memberId] += (long)(left / 10_000);
            if (batch.Count < 20 && i < 159) continue;
            deliveries.Add((new PurchasesRecorded(LoyaltyHost.Ids.Next(), LoyaltyHost.Joined, [.. batch]), LoyaltyHost.Ids.Next()));
            batch.Clear();
        }

        // Each three times: twice with its own message id, once as if it were another message.
        var copies = deliveries.Concat(deliveries).Concat(deliveries.Select(delivery => (delivery.Event, MessageId: LoyaltyHost.Ids.Next()))).ToArray();
        random.Shuffle(copies);
        foreach (var (@event, messageId) in copies)
        {
            await (@event is PurchasesRecorded recorded ? host.Bus.PublishAsync(recorded, messageId) : host.Bus.PublishAsync((PurchaseReturned)@event, messageId));
        }

        var messages = deliveries.Count * 2;
        await Eventually.Holds(
            async () =>
            {
                var seen = copies.Select(copy => copy.MessageId).Distinct().ToArray();
                Assert.Equal(messages, await ScalarAsync<long>("SELECT count(*) FROM inbox WHERE message_id = ANY(@seen)", new { seen }));
            },
            TimeSpan.FromSeconds(90));
        foreach (var (memberId, _) in members) Assert.Equal((expected[memberId], 0, expected[memberId]), await host.BalanceAsync(memberId));
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task Of_fifty_redemptions_of_the_whole_balance_exactly_one_succeeds()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        await host.PublishAsync(LoyaltyHost.Purchase(customerId, [500_000, 500_000]));
        await host.BalanceBecomesAsync(memberId, 100, 0, 100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.RedeemAsync(memberId, new { points = 100 })));
        Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(49, answers.Count(answer => answer.StatusCode == HttpStatusCode.UnprocessableEntity));
        await host.BalanceBecomesAsync(memberId, 0, 0, 100);
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task Of_fifty_redemptions_of_a_part_as_many_succeed_as_the_balance_allows()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        await host.PublishAsync(LoyaltyHost.Purchase(customerId, [330_000, 330_000, 340_000]));
        await host.BalanceBecomesAsync(memberId, 100, 0, 100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => host.RedeemAsync(memberId, new { points = 7 })));
        Assert.Equal(14, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        await host.BalanceBecomesAsync(memberId, 2, 0, 100);
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task A_reference_is_redeemed_once_and_a_repeated_request_is_answered_again()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        await host.PublishAsync(LoyaltyHost.Purchase(customerId, [100_000]));
        await host.BalanceBecomesAsync(memberId, 10, 0, 10);
        var order = new { points = 3, source = "shop", sourceId = LoyaltyHost.Ids.Next().ToString() };
        var key = LoyaltyHost.Ids.Next().ToString();
        var path = $"{LoyaltyHost.Api}/members/{memberId}/redemptions";
        var till = host.Operator();
        var first = await till.PostAsync(path, order, key).OkJsonAsync();
        var again = await till.PostAsync(path, order, key).OkJsonAsync();
        Assert.Equal(first.GetRawText(), again.GetRawText());
        Assert.Equal((409, "loyalty.redemption_exists", "sourceId"), await host.RedeemAsync(memberId, order).ProblemAsync());
        await host.BalanceBecomesAsync(memberId, 7, 0, 10);
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task A_bulk_of_five_hundred_is_posted_and_told_as_one()
    {
        var members = new[] { await host.EnrolAsync(), await host.EnrolAsync(), await host.EnrolAsync() };
        RecordedPurchase[] purchases = [.. Enumerable.Range(0, 500).Select(i => LoyaltyHost.Purchase(members[i % 3].CustomerId, [10_000, 25_000], at: LoyaltyHost.Joined.AddMinutes(i)))];
        await host.PublishAsync(purchases);
        await host.BalanceBecomesAsync(members[0].MemberId, 167 * 3, 0, 167 * 3);
        await host.BalanceBecomesAsync(members[2].MemberId, 166 * 3, 0, 166 * 3);
        await Eventually.Holds(() =>
        {
            var told = Assert.Single(host.Bus.Seen<PointsPosted>(), posted => posted.Journals.Any(journal => journal.MemberId == members[1].MemberId));
            Assert.Equal(500, told.Journals.Count);
            Assert.Equal(Enumerable.Range(2, 167).Select(version => (long)version), told.Journals.Where(journal => journal.MemberId == members[1].MemberId).Select(journal => journal.MemberVersion));
            return Task.CompletedTask;
        });
        await host.AssertSoundAsync();
    }

    [Fact]
    public async Task The_ledger_pages_newest_first()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        await host.PublishAsync([.. Enumerable.Range(1, 5).Select(i => LoyaltyHost.Purchase(customerId, [10_000m * i], at: LoyaltyHost.Joined.AddDays(i)))]);
        await host.BalanceBecomesAsync(memberId, 15, 0, 15);
        var path = $"{LoyaltyHost.Api}/members/{memberId}/ledger?limit=3";
        var first = await host.Operator().GetAsync(path).OkJsonAsync();
        var second = await host.Operator().GetAsync($"{path}&cursor={first.GetProperty("nextCursor").GetString()}").OkJsonAsync();
        Assert.Equal(
            [5, 4, 3, 2, 1],
            first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("points").GetInt64()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
        Assert.Equal((404, "loyalty.member_not_found", null), await host.Operator().GetAsync($"{LoyaltyHost.Api}/members/{customerId}/ledger").ProblemAsync());
    }

    private async Task<List<(int, long)>> LotsAsync(RecordedPurchase purchase)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<(int, long)>("SELECT line, remaining FROM lots WHERE source = @Source AND source_id = @SourceId ORDER BY line", purchase)];
    }

    private async Task<T?> ScalarAsync<T>(string sql, object args)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, args);
    }
}

/// <summary>What the database itself refuses, and what the verification finds; a host of its own, since it is left unsound.</summary>
public sealed class LedgerProtectionTests(LoyaltyHost host) : IClassFixture<LoyaltyHost>
{
    [Fact]
    public async Task The_ledger_is_append_only_and_balanced_and_a_tampered_balance_is_found()
    {
        var (memberId, customerId) = await host.EnrolAsync();
        await host.PublishAsync(LoyaltyHost.Purchase(customerId, [100_000]));
        await host.BalanceBecomesAsync(memberId, 10, 0, 10);
        await host.AssertSoundAsync();

        await using var connection = await host.Database.OpenConnectionAsync();
        foreach (var tampering in new[]
        {
            "UPDATE journals SET points = 1000", "DELETE FROM journals", "UPDATE postings SET points = points * 2", "DELETE FROM postings", "TRUNCATE postings",
        })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(tampering));
            Assert.Equal(PostgresErrorCodes.RestrictViolation, refused.SqlState);
        }

        var unbalanced = await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync(
            "INSERT INTO postings (journal_id, account, member_id, points) SELECT id, 'redeemed', member_id, 5 FROM journals LIMIT 1"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, unbalanced.SqlState);
        await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync("UPDATE members SET available = -1"));

        await connection.ExecuteAsync("UPDATE members SET available = 11 WHERE id = @memberId", new { memberId });
        var verified = await host.ClientFor(Roles.LoyaltyManager).GetAsync($"{LoyaltyHost.Api}/ledger-verification").OkJsonAsync();
        Assert.Equal(1, verified.GetProperty("mismatches").GetInt64());
        Assert.Equal(memberId, Assert.Single(verified.GetProperty("mismatchedMembers").EnumerateArray()).GetGuid());
    }
}
