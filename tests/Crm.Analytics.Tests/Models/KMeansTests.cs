using Crm.Analytics.Domain;
using Crm.Analytics.Models.Clusters;

namespace Crm.Analytics.Tests.Models;

public sealed class KMeansTests
{
    [Fact]
    public void Planted_groups_are_found_and_the_same_rows_give_the_same_groups()
    {
        var random = new Random(9);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[][] centres = [[6, 0], [0, 6], [-6, -6]];
        double[][] rows = [.. Enumerable.Range(0, 600).Select(i => centres[i % 3].Select(value => value + Normal()).ToArray())];
        var found = KMeans.Best(rows, 8, seed: 1)!;
        Assert.Equal(3, found.Centres.Length);
        Assert.All(found.Sizes, size => Assert.InRange(size, 195, 205));
        Assert.True(found.Silhouette > 0.7 && found.Centres[0][0] > found.Centres[1][0]);
        Assert.Equal(found.Members, KMeans.Best(rows, 8, seed: 1)!.Members);
    }

    [Fact]
    public void Rows_without_groups_are_not_cut_and_odd_rows_do_no_harm()
    {
        Assert.Null(KMeans.Best([], 8, 1));
        Assert.Null(KMeans.Best([[1, 1], [1, 1], [1, 1]], 8, 1));
        Assert.Throws<ArgumentException>(() => KMeans.Fit([[double.NaN], [1]], 1, 1));
        Assert.Equal("0 -1 0 1", string.Join(' ', KMeans.Standardise([[5, 1], [5, 3]]).SelectMany(row => row)));
    }

    [Fact]
    public void A_segment_is_told_in_both_languages_by_its_strongest_traits()
    {
        var (name, profile) = SegmentProfiles.Describe([1.2, 0.9, -0.5, 0.1, 0.0], 25, 100);
        Assert.Equal(("belanja besar, sering membeli", "high spend, buys often"), (name.Id, name.En));
        Assert.Equal("25 customers (25 %): high spend, buys often, bought lately.", profile.En);
        Assert.Equal("around average", SegmentProfiles.Describe(new double[5], 1, 1).Name.En);
    }
}
