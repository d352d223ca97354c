using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Campaign.Domain.Journeys;

/// <summary>
/// Which way somebody goes at a split: decided by journey, node and customer alone, so that anybody can recompute it and a second pass
/// goes the same way.
/// </summary>
internal static class SplitHash
{
    public const int Whole = 10_000;

    public static string Choose(Guid journeyId, JourneyNode.Split split, Guid customerId)
    {
        var point = PointOf(journeyId, split.Id, customerId);
        foreach (var (share, next) in split.Paths)
        {
            if (point < share) return next;
            point -= share;
        }

        return split.Paths[^1].Next;
    }

    private static int PointOf(Guid journeyId, string node, Guid customerId)
    {
        Span<byte> input = stackalloc byte[32 + Encoding.UTF8.GetMaxByteCount(DefinitionParser.MaxIdLength)];
        journeyId.TryWriteBytes(input, bigEndian: true, out _);
        customerId.TryWriteBytes(input[16..], bigEndian: true, out _);
        var length = 32 + Encoding.UTF8.GetBytes(node, input[32..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..length], hash);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(hash) % Whole);
    }
}
