using System.Diagnostics;
using System.Globalization;
using Crm.Customer.Domain.Identity;

namespace Crm.Bench;

/// <summary>
/// Duplicates among 100,000 and 1,000,000 customers of whom 5 % are planted: precision, recall, time, memory and how they grow. The reference is
/// what a system without identity resolution has: equality of e-mail address or phone number.
/// </summary>
internal sealed class DedupeBench : IBench
{
    private const int MaxBlock = 60; // as the service's scan

    public string Name => "dedupe";

    public string Summary => "duplicates among 100,000 and 1,000,000 customers against equality of contact points";

    public Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int[] sizes = args is [var size] ? [int.Parse(size, CultureInfo.InvariantCulture)] : [100_000, 1_000_000];
        var runs = sizes.Select(count => Run(count, cancellationToken)).ToArray();
        if (runs.Length == 2) Print($"growth for {sizes[1] / sizes[0]} times the customers: time x{runs[1].Seconds / runs[0].Seconds:0.0}, comparisons x{(double)runs[1].Compared / runs[0].Compared:0.0}");
        var last = runs[^1];
        Print($"dedupe: ours {last.Recall:0.0000} recall at precision {last.Precision:0.0000}, reference {last.ReferenceRecall:0.0000} recall at precision {last.ReferencePrecision:0.0000}, ratio {last.Recall / last.ReferenceRecall:0.00}");
        return Task.FromResult(last.Precision >= 0.98 && last.Recall >= 0.95 ? 0 : 1);
    }

    private sealed record Outcome(double Seconds, long Compared, double Precision, double Recall, double ReferencePrecision, double ReferenceRecall);

    private static Outcome Run(int count, CancellationToken cancellationToken)
    {
        var (records, planted) = PlantedDuplicates.Make(count, seed: 20_251);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        var (keys, owners) = Blocks(records);
        var (found, compared, oversized) = Compare(records, keys, owners, (one, other) => MatchModel.Judge(MatchModel.Score(one, other)) == MatchVerdict.Match, cancellationToken);
        watch.Stop();
        var memory = (GC.GetTotalMemory(forceFullCollection: false) - before) / 1048576.0;
        var (naive, _, _) = Compare(
            records, keys, owners, (one, other) => (one.Phone is not null && one.Phone == other.Phone) || (one.Email is not null && one.Email == other.Email), cancellationToken);

        var (precision, recall) = Quality(found, planted);
        var (referencePrecision, referenceRecall) = Quality(naive, planted);
        Print($"{count} customers, {planted.Count} planted: precision {precision:0.0000}, recall {recall:0.0000}, {watch.Elapsed.TotalSeconds:0.0} s, {compared} comparisons ({(double)compared / count:0.0} a customer), {oversized} blocks too large, {memory:0} MB beside the records");
        return new Outcome(watch.Elapsed.TotalSeconds, compared, precision, recall, referencePrecision, referenceRecall);
    }

    private static (ulong[] Keys, int[] Owners) Blocks(IdentityRecord[] records)
    {
        var keys = new ulong[records.Length * IdentityRecord.MaxKeys];
        var owners = new int[keys.Length];
        var filled = 0;
        Span<ulong> own = stackalloc ulong[IdentityRecord.MaxKeys];
        for (var i = 0; i < records.Length; i++)
        {
            var count = records[i].BlockingKeys(own);
            for (var k = 0; k < count; k++) (keys[filled], owners[filled++]) = (own[k], i);
        }

        Array.Resize(ref keys, filled);
        Array.Resize(ref owners, filled);
        Array.Sort(keys, owners);
        return (keys, owners);
    }

    private static (HashSet<(int, int)> Found, long Compared, int Oversized) Compare(
        IdentityRecord[] records, ulong[] keys, int[] owners, Func<IdentityRecord, IdentityRecord, bool> same, CancellationToken cancellationToken)
    {
        var found = new HashSet<(int, int)>();
        var (compared, oversized) = (0L, 0);
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start]) end++;
            if (end - start > MaxBlock) oversized++;
            else
            {
                for (var i = start; i < end; i++)
                {
                    for (var j = i + 1; j < end; j++)
                    {
                        if (owners[i] == owners[j]) continue;
                        compared++;
                        if (same(records[owners[i]], records[owners[j]])) found.Add((Math.Min(owners[i], owners[j]), Math.Max(owners[i], owners[j])));
                    }
                }
            }

            start = end;
            cancellationToken.ThrowIfCancellationRequested();
        }

        return (found, compared, oversized);
    }

    private static (double Precision, double Recall) Quality(HashSet<(int, int)> found, HashSet<(int, int)> planted)
    {
        var right = found.Count(planted.Contains);
        return (found.Count == 0 ? 0 : (double)right / found.Count, (double)right / planted.Count);
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
