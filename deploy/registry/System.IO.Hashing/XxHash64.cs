using System.Buffers.Binary;
using System.Numerics;

namespace System.IO.Hashing;

/// <summary>XXH64, as the xxHash specification (doc/xxhash_spec.md, version 0.1.1) describes it. Not a cryptographic hash.</summary>
public static class XxHash64
{
    internal const ulong Prime1 = 0x9E3779B185EBCA87;
    internal const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    internal const ulong Prime3 = 0x165667B19E3779F9;
    internal const ulong Prime4 = 0x85EBCA77C2B2AE63;
    internal const ulong Prime5 = 0x27D4EB2F165667C5;

    private const int StripeLength = 32;

    /// <returns>The hash in its canonical form: eight bytes, the highest first.</returns>
    public static byte[] Hash(byte[] source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Hash(source.AsSpan());
    }

    /// <inheritdoc cref="Hash(byte[])"/>
    public static byte[] Hash(ReadOnlySpan<byte> source, long seed = 0)
    {
        var hash = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(hash, HashToUInt64(source, seed));
        return hash;
    }

    public static ulong HashToUInt64(ReadOnlySpan<byte> source, long seed = 0)
    {
        unchecked
        {
            var rest = source;
            ulong hash;
            if (source.Length >= StripeLength)
            {
                var lane1 = (ulong)seed + Prime1 + Prime2;
                var lane2 = (ulong)seed + Prime2;
                var lane3 = (ulong)seed;
                var lane4 = (ulong)seed - Prime1;
                for (; rest.Length >= StripeLength; rest = rest[StripeLength..])
                {
                    lane1 = Round(lane1, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                    lane2 = Round(lane2, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]));
                    lane3 = Round(lane3, BinaryPrimitives.ReadUInt64LittleEndian(rest[16..]));
                    lane4 = Round(lane4, BinaryPrimitives.ReadUInt64LittleEndian(rest[24..]));
                }
                hash = BitOperations.RotateLeft(lane1, 1) + BitOperations.RotateLeft(lane2, 7)
                    + BitOperations.RotateLeft(lane3, 12) + BitOperations.RotateLeft(lane4, 18);
                hash = Merge(Merge(Merge(Merge(hash, lane1), lane2), lane3), lane4);
            }
            else
            {
                hash = (ulong)seed + Prime5;
            }

            hash += (ulong)source.Length;
            for (; rest.Length >= 8; rest = rest[8..])
                hash = BitOperations.RotateLeft(hash ^ Round(0, BinaryPrimitives.ReadUInt64LittleEndian(rest)), 27) * Prime1 + Prime4;
            if (rest.Length >= 4)
            {
                hash = BitOperations.RotateLeft(hash ^ (BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime1), 23) * Prime2 + Prime3;
                rest = rest[4..];
            }
            foreach (var value in rest)
                hash = BitOperations.RotateLeft(hash ^ (value * Prime5), 11) * Prime1;
            return Avalanche(hash);
        }
    }

    /// <summary>Spreads every input bit over the whole result.</summary>
    internal static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }

    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + input * Prime2, 31) * Prime1;

    private static ulong Merge(ulong hash, ulong lane) => (hash ^ Round(0, lane)) * Prime1 + Prime4;
}
