using System.Collections.Concurrent;
using Crm.ServiceDefaults.Hosting;

namespace Crm.Kernel.Tests;

public sealed class IdsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Identifiers_of_one_instant_ascend_as_text_and_hold_its_milliseconds()
    {
        var ids = new Ids(new SteppingClock(Noon));
        var made = Enumerable.Range(0, 4000).Select(_ => ids.Next()).ToArray();

        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Select(id => id.ToString()).Order(StringComparer.Ordinal), made.Select(id => id.ToString()));
        Assert.All(made, id => Assert.Equal((7, Noon.ToUnixTimeMilliseconds(), 0b10), (id.Version, Convert.ToInt64(id.ToString("N")[..12], 16), id.Variant >> 2)));
    }

    [Fact]
    public void A_clock_that_is_set_back_and_more_identifiers_than_a_millisecond_holds_keep_the_order()
    {
        var time = new SteppingClock(Noon);
        var ids = new Ids(time);
        var made = new List<Guid>();
        foreach (var step in new[] { 0, 5, -3_600_000, 1, 0 })
        {
            time.Step(TimeSpan.FromMilliseconds(step));
            for (var i = 0; i < 5000; i++) made.Add(ids.Next());
        }

        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public void Threads_never_get_the_same_one_and_each_sees_its_own_ascend()
    {
        var ids = new Ids(TimeProvider.System);
        var all = new ConcurrentBag<Guid[]>();
        Parallel.For(0, 8, _ => all.Add([.. Enumerable.Range(0, 20_000).Select(_ => ids.Next())]));

        Assert.All(all, own => Assert.Equal(own.Order(), own));
        // The part that is not random differs already.
        Assert.Equal(160_000, all.SelectMany(own => own).Select(id => id.ToString("N")[..16]).Distinct().Count());
    }

    private sealed class SteppingClock(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Step(TimeSpan by) => _now += by;
    }
}
