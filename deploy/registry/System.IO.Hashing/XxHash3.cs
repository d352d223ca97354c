using System.Buffers.Binary;
using System.Numerics;

namespace System.IO.Hashing;

/// <summary>
/// XXH3 with 64 bits of output, as the xxHash specification (doc/xxhash_spec.md, version 0.2.0) describes it.
/// Not a cryptographic hash. One formula for each range of lengths: 0, 1-3, 4-8, 9-16, 17-128, 129-240 and longer.
/// </summary>
public static class XxHash3
{
    private const uint Prime32A = 0x9E3779B1;
    private const uint Prime32B = 0x85EBCA77;
    private const uint Prime32C = 0xC2B2AE3D;
    private const ulong PrimeMx1 = 0x165667919E3779F9;
    private const ulong PrimeMx2 = 0x9FB21C651E98DF25;

    private const int StripeLength = 64;
    private const int SecretLength = 192;
    private const int StripesPerBlock = (SecretLength - StripeLength) / 8;
    private const int BlockLength = StripeLength * StripesPerBlock;

    private static ReadOnlySpan<byte> DefaultSecret =>
    [
        0xB8, 0xFE, 0x6C, 0x39, 0x23, 0xA4, 0x4B, 0xBE, 0x7C, 0x01, 0x81, 0x2C, 0xF7, 0x21, 0xAD, 0x1C,
        0xDE, 0xD4, 0x6D, 0xE9, 0x83, 0x90, 0x97, 0xDB, 0x72, 0x40, 0xA4, 0xA4, 0xB7, 0xB3, 0x67, 0x1F,
        0xCB, 0x79, 0xE6, 0x4E, 0xCC, 0xC0, 0xE5, 0x78, 0x82, 0x5A, 0xD0, 0x7D, 0xCC, 0xFF, 0x72, 0x21,
        0xB8, 0x08, 0x46, 0x74, 0xF7, 0x43, 0x24, 0x8E, 0xE0, 0x35, 0x90, 0xE6, 0x81, 0x3A, 0x26, 0x4C,
        0x3C, 0x28, 0x52, 0xBB, 0x91, 0xC3, 0x00, 0xCB, 0x88, 0xD0, 0x65, 0x8B, 0x1B, 0x53, 0x2E, 0xA3,
        0x71, 0x64, 0x48, 0x97, 0xA2, 0x0D, 0xF9, 0x4E, 0x38, 0x19, 0xEF, 0x46, 0xA9, 0xDE, 0xAC, 0xD8,
        0xA8, 0xFA, 0x76, 0x3F, 0xE3, 0x9C, 0x34, 0x3F, 0xF9, 0xDC, 0xBB, 0xC7, 0xC7, 0x0B, 0x4F, 0x1D,
        0x8A, 0x51, 0xE0, 0x4B, 0xCD, 0xB4, 0x59, 0x31, 0xC8, 0x9F, 0x7E, 0xC9, 0xD9, 0x78, 0x73, 0x64,
        0xEA, 0xC5, 0xAC, 0x83, 0x34, 0xD3, 0xEB, 0xC3, 0xC5, 0x81, 0xA0, 0xFF, 0xFA, 0x13, 0x63, 0xEB,
        0x17, 0x0D, 0xDD, 0x51, 0xB7, 0xF0, 0xDA, 0x49, 0xD3, 0x16, 0x55, 0x26, 0x29, 0xD4, 0x68, 0x9E,
        0x2B, 0x16, 0xBE, 0x58, 0x7D, 0x47, 0xA1, 0xFC, 0x8F, 0xF8, 0xB8, 0xD1, 0x7A, 0xD0, 0x31, 0xCE,
        0x45, 0xCB, 0x3A, 0x8F, 0x95, 0x16, 0x04, 0x28, 0xAF, 0xD7, 0xFB, 0xCA, 0xBB, 0x4B, 0x40, 0x7E,
    ];

    public static ulong HashToUInt64(ReadOnlySpan<byte> source, long seed = 0)
    {
        var secret = DefaultSecret;
        return source.Length switch
        {
            0 => XxHash64.Avalanche((ulong)seed ^ Read64(secret, 56) ^ Read64(secret, 64)),
            <= 3 => HashUpTo3(source, secret, (ulong)seed),
            <= 8 => HashUpTo8(source, secret, (ulong)seed),
            <= 16 => HashUpTo16(source, secret, (ulong)seed),
            <= 128 => HashUpTo128(source, secret, (ulong)seed),
            <= 240 => HashUpTo240(source, secret, (ulong)seed),
            _ => HashLong(source, secret, (ulong)seed),
        };
    }

    private static ulong HashUpTo3(ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret, ulong seed)
    {
        var combined = ((uint)source[0] << 16) | ((uint)source[source.Length >> 1] << 24) | ((uint)source.Length << 8) | source[^1];
        var flip = (Read32(secret, 0) ^ Read32(secret, 4)) + seed;
        return XxHash64.Avalanche(combined ^ flip);
    }

    private static ulong HashUpTo8(ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret, ulong seed)
    {
        seed ^= (ulong)BinaryPrimitives.ReverseEndianness((uint)seed) << 32;
        var input = Read32(source, source.Length - 4) + ((ulong)Read32(source, 0) << 32);
        var hash = input ^ ((Read64(secret, 8) ^ Read64(secret, 16)) - seed);
        hash = (hash ^ BitOperations.RotateLeft(hash, 49) ^ BitOperations.RotateLeft(hash, 24)) * PrimeMx2;
        hash = (hash ^ ((hash >> 35) + (ulong)source.Length)) * PrimeMx2;
        return hash ^ (hash >> 28);
    }

    private static ulong HashUpTo16(ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret, ulong seed)
    {
        var low = Read64(source, 0) ^ ((Read64(secret, 24) ^ Read64(secret, 32)) + seed);
        var high = Read64(source, source.Length - 8) ^ ((Read64(secret, 40) ^ Read64(secret, 48)) - seed);
        return Avalanche((ulong)source.Length + BinaryPrimitives.ReverseEndianness(low) + high + MultiplyFold(low, high));
    }

    /// <summary>Pairs of 16 bytes from both ends, the innermost pair last in the secret.</summary>
    private static ulong HashUpTo128(ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret, ulong seed)
    {
        var hash = (ulong)source.Length * XxHash64.Prime1;
        for (var pair = (source.Length - 1) / 32; pair >= 0; pair--)
        {
            hash += Mix16(source[(pair * 16)..], secret[(pair * 32)..], seed);
            hash += Mix16(source[^((pair + 1) * 16)..], secret[(pair * 32 + 16)..], seed);
        }
        return Avalanche(hash);
    }

    private static ulong HashUpTo240(ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret, ulong seed)
    {
        var hash = (ulong)source.Length * XxHash64.Prime1;
        for (var i = 0; i < 8; i++)
            hash += Mix16(source[(i * 16)..], secret[(i * 16)..], seed);
        hash = Avalanche(hash);
        for (var i = 8; i < source.Length / 16; i++)
            hash += Mix16(source[(i * 16)..], secret[((i - 8) * 16 + 3)..], seed);
        hash += Mix16(source[^16..], secret[(136 - 17)..], seed);
        return Avalanche(hash);
    }

    private static ulong HashLong(ReadOnlySpan<byte> source, ReadOnlySpan<byte> defaultSecret, ulong seed)
    {
        Span<byte> secret = stackalloc byte[SecretLength];
        for (var i = 0; i < SecretLength; i += 16)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(secret[i..], Read64(defaultSecret, i) + seed);
            BinaryPrimitives.WriteUInt64LittleEndian(secret[(i + 8)..], Read64(defaultSecret, i + 8) - seed);
        }

        Span<ulong> lanes =
        [
            Prime32C, XxHash64.Prime1, XxHash64.Prime2, XxHash64.Prime3,
            XxHash64.Prime4, Prime32B, XxHash64.Prime5, Prime32A,
        ];
        // The last block, full or not, is not scrambled: there is always at least one byte left for it.
        var rest = source;
        for (; rest.Length > BlockLength; rest = rest[BlockLength..])
        {
            for (var stripe = 0; stripe < StripesPerBlock; stripe++)
                Accumulate(lanes, rest[(stripe * StripeLength)..], secret[(stripe * 8)..]);
            Scramble(lanes, secret[^StripeLength..]);
        }
        for (var stripe = 0; stripe < (rest.Length - 1) / StripeLength; stripe++)
            Accumulate(lanes, rest[(stripe * StripeLength)..], secret[(stripe * 8)..]);
        Accumulate(lanes, source[^StripeLength..], secret[(SecretLength - StripeLength - 7)..]);

        var hash = (ulong)source.Length * XxHash64.Prime1;
        for (var i = 0; i < 4; i++)
            hash += MultiplyFold(lanes[i * 2] ^ Read64(secret, 11 + i * 16), lanes[i * 2 + 1] ^ Read64(secret, 11 + i * 16 + 8));
        return Avalanche(hash);
    }

    private static void Accumulate(Span<ulong> lanes, ReadOnlySpan<byte> stripe, ReadOnlySpan<byte> secret)
    {
        for (var i = 0; i < 8; i++)
        {
            var value = Read64(stripe, i * 8);
            var key = value ^ Read64(secret, i * 8);
            lanes[i ^ 1] += value;
            lanes[i] += (ulong)(uint)key * (key >> 32);
        }
    }

    private static void Scramble(Span<ulong> lanes, ReadOnlySpan<byte> secret)
    {
        for (var i = 0; i < 8; i++)
            lanes[i] = (lanes[i] ^ (lanes[i] >> 47) ^ Read64(secret, i * 8)) * Prime32A;
    }

    private static ulong Mix16(ReadOnlySpan<byte> source, ReadOnlySpan<byte> secret, ulong seed) =>
        MultiplyFold(Read64(source, 0) ^ (Read64(secret, 0) + seed), Read64(source, 8) ^ (Read64(secret, 8) - seed));

    private static ulong MultiplyFold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }

    private static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ (hash >> 37)) * PrimeMx1;
        return hash ^ (hash >> 32);
    }

    private static uint Read32(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(source[offset..]);

    private static ulong Read64(ReadOnlySpan<byte> source, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(source[offset..]);
}
