using System.Runtime.InteropServices;

namespace Crm.Analytics.Models;

/// <summary>
/// Customers counted by distinct (x, t_x, T): all that a likelihood needs. A million customers on a daily grid are some 10^5 rows.
/// Rows are in ascending order of (x, t_x, T), so equal data give bit-identical sums in whatever order they arrived.
/// </summary>
public sealed class PurchaseHistogram
{
    private PurchaseHistogram(int[] frequency, int[] recencyTime, int[] ageTime, double[] times, long[] counts)
    {
        Frequency = frequency;
        RecencyTime = recencyTime;
        AgeTime = ageTime;
        Times = times;
        Weight = Array.ConvertAll(counts, count => (double)count);
        Customers = counts.Sum();
        MaxFrequency = frequency.Length == 0 ? 0 : frequency[^1];
        CustomersByFrequency = new double[MaxFrequency + 1];
        for (var row = 0; row < frequency.Length; row++) CustomersByFrequency[frequency[row]] += counts[row];
        for (var x = 0; x <= MaxFrequency; x++) RepeatPurchases += (long)(x * CustomersByFrequency[x]);
        CompensatedSum age = default;
        for (var row = 0; row < frequency.Length; row++) age.Add(Weight[row] * times[ageTime[row]]);
        MeanAge = Customers == 0 ? 0 : age.Value / Customers;
    }

    public int Rows => Frequency.Length;
    public long Customers { get; }
    public long RepeatPurchases { get; }
    public int MaxFrequency { get; }
    public double MeanAge { get; }

    /// <summary>Distinct values of t_x and T, ascending; <see cref="RecencyTime"/> and <see cref="AgeTime"/> point into it.</summary>
    internal double[] Times { get; }
    internal int[] Frequency { get; }
    internal int[] RecencyTime { get; }
    internal int[] AgeTime { get; }
    internal double[] Weight { get; }
    internal double[] CustomersByFrequency { get; }

    public (PurchaseHistory History, long Customers) this[int row] =>
        (new PurchaseHistory(Frequency[row], Times[RecencyTime[row]], Times[AgeTime[row]]), (long)Weight[row]);

    /// <summary>One customer per entry.</summary>
    /// <exception cref="ArgumentException">An entry is not <see cref="PurchaseHistory.IsValid"/>.</exception>
    public static PurchaseHistogram Of(ReadOnlySpan<PurchaseHistory> customers)
    {
        var counts = new CountTable();
        foreach (ref readonly var customer in customers) counts.Add(customer, 1);
        return counts.ToHistogram();
    }

    /// <summary>Already counted customers, for instance from a GROUP BY.</summary>
    public static PurchaseHistogram OfCounts(IEnumerable<(PurchaseHistory History, long Customers)> counted)
    {
        var counts = new CountTable();
        foreach (var (history, customers) in counted) counts.Add(history, customers);
        return counts.ToHistogram();
    }

    [StructLayout(LayoutKind.Auto)]
    private record struct Entry(PurchaseHistory History, long Count);

    /// <summary>Open-addressing hash table; an order of magnitude faster than Dictionary on this key.</summary>
    private sealed class CountTable
    {
        private Entry[] _entries = new Entry[1024];
        private int[] _slots = new int[4096];
        private int _used;

        public void Add(in PurchaseHistory history, long count)
        {
            if (!history.IsValid) throw new ArgumentException($"Not a purchase history: {history}", nameof(history));
            if (count <= 0) return;
            var slot = Slot(history);
            if (_slots[slot] != 0)
            {
                _entries[_slots[slot] - 1].Count += count;
                return;
            }
            if (_used == _entries.Length)
            {
                Grow();
                slot = Slot(history);
            }
            _entries[_used++] = new Entry(history, count);
            _slots[slot] = _used;
        }

        private int Slot(in PurchaseHistory history)
        {
            var mask = _slots.Length - 1;
            var slot = (int)(Hash(history) >> 20) & mask;
            for (; _slots[slot] != 0; slot = (slot + 1) & mask)
            {
                var other = _entries[_slots[slot] - 1].History;
                if (other.Frequency == history.Frequency && other.Recency == history.Recency && other.Age == history.Age) break;
            }
            return slot;
        }

        private static ulong Hash(in PurchaseHistory history)
        {
            // + 0.0 folds -0 into 0, which compare as equal.
            var hash = BitConverter.DoubleToUInt64Bits(history.Age + 0.0) * 0x9E3779B97F4A7C15;
            hash = (hash ^ hash >> 29 ^ BitConverter.DoubleToUInt64Bits(history.Recency + 0.0)) * 0xBF58476D1CE4E5B9;
            return (hash ^ hash >> 31 ^ (uint)history.Frequency) * 0x94D049BB133111EB;
        }

        private void Grow()
        {
            Array.Resize(ref _entries, 2 * _entries.Length);
            _slots = new int[4 * _entries.Length];
            for (var entry = 0; entry < _used; entry++) _slots[Slot(_entries[entry].History)] = entry + 1;
        }

        public PurchaseHistogram ToHistogram()
        {
            var entries = _entries.AsSpan(0, _used);
            var times = DistinctTimes(entries);
            var indexOf = new Dictionary<double, int>(times.Length);
            for (var i = 0; i < times.Length; i++) indexOf[times[i]] = i;
            var (frequency, recency, age) = (new int[_used], new int[_used], new int[_used]);
            // (x, t_x, T) as one integer.
            var keys = new UInt128[_used];
            var counts = new long[_used];
            for (var row = 0; row < _used; row++)
            {
                ref readonly var entry = ref entries[row];
                keys[row] = new UInt128((ulong)entry.History.Frequency,
                    (ulong)indexOf[entry.History.Recency] << 32 | (uint)indexOf[entry.History.Age]);
                counts[row] = entry.Count;
            }
            Array.Sort(keys, counts);
            for (var row = 0; row < _used; row++)
            {
                frequency[row] = (int)(ulong)(keys[row] >> 64);
                recency[row] = (int)(ulong)(keys[row] >> 32 & uint.MaxValue);
                age[row] = (int)(ulong)(keys[row] & uint.MaxValue);
            }
            return new PurchaseHistogram(frequency, recency, age, times, counts);
        }

        private static double[] DistinctTimes(ReadOnlySpan<Entry> entries)
        {
            var distinct = new HashSet<double>();
            foreach (ref readonly var entry in entries)
            {
                distinct.Add(entry.History.Recency + 0.0);
                distinct.Add(entry.History.Age + 0.0);
            }
            var times = distinct.ToArray();
            Array.Sort(times);
            return times;
        }
    }
}
