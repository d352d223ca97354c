using Crm.Campaign.Sender.Sending;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Sending;

public sealed class MicroBatchSizeTests
{
    [Fact]
    public void A_fast_provider_gets_more_at_a_time_step_by_step_and_a_slow_one_few()
    {
        var sizes = Sizes(25, 100);
        Assert.Equal(25, sizes.Of("email"));
        Assert.Equal([50, 100, 100], Take(sizes, 0.0001, 25, 50, 100));
        // 20 ms each: ten fit into a fifth of a second, and the least is claimed all the same.
        Assert.Equal([25, 25], Take(sizes, 0.02, 100, 25));
        Assert.Equal([40], Take(sizes, 0.005, 25));
        Assert.Equal(25, sizes.Of("sms"));
    }

    [Fact]
    public void The_few_at_the_end_of_a_chunk_change_nothing()
    {
        var sizes = Sizes(25, 100);
        Take(sizes, 0.0001, 25, 50);
        Assert.Equal([100], Take(sizes, 1, 3));
    }

    [Fact]
    public void The_largest_is_never_less_than_the_least() => Assert.Equal([80], Take(Sizes(80, 10), 0.0001, 80));

    private static MicroBatchSize Sizes(int least, int largest) => new(Options.Create(new SendOptions { MicroBatch = least, LargestMicroBatch = largest }));

    /// <summary>The size after each.</summary>
    private static List<int> Take(MicroBatchSize sizes, double secondsEach, params int[] counts)
    {
        var after = new List<int>();
        foreach (var count in counts)
        {
            sizes.Took("email", count, TimeSpan.FromSeconds(count * secondsEach));
            after.Add(sizes.Of("email"));
        }

        return after;
    }
}
