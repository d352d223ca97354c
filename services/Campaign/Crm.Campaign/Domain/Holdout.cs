using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Crm.Campaign.Domain;

/// <summary>
/// Who is kept back to measure the effect of a campaign. Decided by the ids alone, so that it can be recomputed by anybody and is
/// independent between campaigns.
/// </summary>
internal static class Holdout
{
    private const int Steps = 10_000;

    /// <param name="percent">0 to 100, in hundredths.</param>
    public static bool Contains(Guid campaignId, Guid customerId, decimal percent)
    {
        Span<byte> input = stackalloc byte[32];
        campaignId.TryWriteBytes(input, bigEndian: true, out _);
        customerId.TryWriteBytes(input[16..], bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % Steps < (ulong)(percent * Steps / 100);
    }
}
