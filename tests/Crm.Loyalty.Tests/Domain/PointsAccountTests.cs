using Crm.Loyalty.Domain;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Loyalty.Tests.Domain;

public sealed class PointsAccountTests
{
    private static readonly PointsAccount New = new(Guid.Empty, Guid.Empty, DateTimeOffset.UnixEpoch, 0, 0, 0, 1);

    [Fact]
    public void Points_spent_before_the_goods_come_back_become_a_debt_that_the_next_ones_settle()
    {
        var spent = New.Earn(10).After.Redeem(8).Value.After;
        var reversed = spent.Reverse(10);
        Assert.Equal((0, 8), (reversed.After.Available, reversed.After.Debt));
        Assert.Equal([new(LedgerAccount.Available, -2), new(LedgerAccount.Debt, -8), new(LedgerAccount.Reversed, 10)], reversed.Postings);
        var earned = reversed.After.Earn(12);
        Assert.Equal((4, 0), (earned.After.Available, earned.After.Debt));
        Assert.Equal([new(LedgerAccount.Issuance, -12), new(LedgerAccount.Available, 4), new(LedgerAccount.Debt, 8)], earned.Postings);
    }

    [Fact]
    public void Nobody_spends_more_than_there_is()
    {
        var account = New.Earn(10).After;
        Assert.Equal("loyalty.insufficient_points", account.Redeem(11).Error?.Code);
        Assert.Equal(0, account.Redeem(10).Value.After.Available);
    }

    [Fact]
    public void Whatever_order_purchases_and_returns_arrive_in_the_points_are_the_same_and_those_of_what_was_kept() => Prop.ForAll<int>(seed =>
    {
        var world = World.Draw(new Random(seed), redemptions: false);
        var first = world.Play(new Random(seed + 1));
        var second = world.Play(new Random(seed + 2));
        return first with { Version = 0 } == second with { Version = 0 } && first.Available == world.PointsKept && first.Debt == 0 && first.LifetimePoints == world.PointsKept;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void With_redemptions_in_between_nothing_is_lost_or_forgiven() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var world = World.Draw(random, redemptions: true);
        var end = world.Play(random);
        return end.Available - end.Debt == world.PointsKept - world.Redeemed && (end.Available == 0 || end.Debt == 0);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    /// <summary>Purchases with successive partial returns, under changing rules, and attempts to spend.</summary>
    private sealed class World
    {
        private readonly List<(int Purchase, decimal? TotalAfter, long Redeem)> _events = [];
        private readonly List<(EarningRule Rule, decimal Total, decimal Kept)> _purchases = [];

        public long PointsKept => _purchases.Sum(purchase => purchase.Rule.PointsFor(purchase.Kept));

        public long Redeemed { get; private set; }

        public static World Draw(Random random, bool redemptions)
        {
            var world = new World();
            for (var i = 0; i < random.Next(1, 8); i++)
            {
                var rule = new EarningRule("IDR", i, random.Next(1, 5) * 2_500, DateTimeOffset.UnixEpoch);
                var total = random.Next(0, 400_000) / 4m;
                var left = total;
                world._events.Add((i, null, 0));
                for (var returns = random.Next(0, 4); returns > 0; returns--)
                {
                    left = returns == 1 && random.Next(3) == 0 ? 0 : Math.Round(left * (decimal)random.NextDouble(), 2);
                    world._events.Add((i, left, 0));
                }

                world._purchases.Add((rule, total, left));
                if (redemptions) world._events.Add((i, null, random.Next(1, 20)));
            }

            return world;
        }

        /// <summary>Delivers everything in another order, some of it twice; a return without its purchase waits for it.</summary>
        public PointsAccount Play(Random random)
        {
            var account = New;
            var balances = new Dictionary<LedgerAccount, long>();
            var baskets = new Dictionary<int, Basket>();
            var parked = new List<(int Purchase, decimal TotalAfter)>();
            Redeemed = 0;
            var deliveries = _events.Concat(_events.Where(item => item.Redeem == 0 && random.Next(2) == 0)).ToArray();
            random.Shuffle(deliveries);
            foreach (var (purchase, totalAfter, redeem) in deliveries)
            {
                if (redeem > 0)
                {
                    if (!account.Redeem(redeem).TryGet(out var journal, out _)) continue;
                    Redeemed += redeem;
                    Post(journal);
                }
                else if (totalAfter is { } left)
                {
                    if (baskets.ContainsKey(purchase)) Return(purchase, left);
                    else parked.Add((purchase, left));
                }
                else if (!baskets.ContainsKey(purchase))
                {
                    baskets[purchase] = Basket.Bought(_purchases[purchase].Rule, _purchases[purchase].Total);
                    Post(account.Earn(baskets[purchase].Points));
                    foreach (var early in parked.Where(early => early.Purchase == purchase)) Return(purchase, early.TotalAfter);
                }
            }

            Assert.Equal(account.Available, balances.GetValueOrDefault(LedgerAccount.Available));
            Assert.Equal(account.Debt, -balances.GetValueOrDefault(LedgerAccount.Debt));
            Assert.Equal(0, balances.Values.Sum());
            return account;

            void Return(int purchase, decimal left)
            {
                baskets[purchase] = baskets[purchase].Return(left, out var points);
                Post(account.Reverse(points));
            }

            void Post(Journal journal)
            {
                Assert.Equal(0, journal.Postings.Sum(posting => posting.Points));
                foreach (var posting in journal.Postings) balances[posting.Account] = balances.GetValueOrDefault(posting.Account) + posting.Points;
                account = journal.After;
            }
        }
    }
}
