using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Seed;

/// <summary>
/// Reproducible draws, the same on every machine and every version of .NET: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
/// pseudorandom number generators", OOPSLA), started from a text, so that each customer has a stream of their own whatever is drawn for
/// the others.
/// </summary>
internal sealed class RandomStream
{
    private ulong _state;

    public RandomStream(string seed) => _state = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(seed)));

    /// <summary>0 inclusive to 1 exclusive.</summary>
    public double Uniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(Uniform() * count);

    public int Between(int first, int last) => first + Below(last - first + 1);

    public bool Chance(double probability) => Uniform() < probability;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary>Waiting time of a Poisson process.</summary>
    public double Exponential(double rate) => -Math.Log(1 - Uniform()) / rate;

    /// <summary>Marsaglia and Tsang (2000), "A simple method for generating gamma variables", ACM TOMS 26(3).</summary>
    public double Gamma(double shape, double rate)
    {
        // A shape under 1 from the next higher one, by their note in section 6.
        if (shape < 1) return Gamma(shape + 1, rate) * Math.Pow(1 - Uniform(), 1 / shape);

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Normal();
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - Uniform()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v))) return d * v / rate;
        }
    }

    public double Beta(double a, double b)
    {
        var x = Gamma(a, 1);
        return x / (x + Gamma(b, 1));
    }

    /// <summary>Box and Muller (1958).</summary>
    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    private ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
