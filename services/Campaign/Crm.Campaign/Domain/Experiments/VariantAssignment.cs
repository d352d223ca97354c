using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Campaign.Domain.Experiments;

/// <param name="Weight">Its share is its weight of the sum of all.</param>
internal readonly record struct Arm(string Name, int Weight);

/// <summary>
/// Who gets which variant, and who takes part in the test phase: a function of the experiment's salt and the customer, so that anybody
/// can recompute it, in any order, as often as they like. Independent of <see cref="Holdout"/>.
/// </summary>
internal sealed class VariantAssignment(string salt, IReadOnlyList<Arm> arms, decimal? testPercent)
{
    private const int Steps = 10_000;
    private readonly byte[] _salt = Encoding.UTF8.GetBytes(salt);
    private readonly int _weights = arms.Sum(arm => arm.Weight);

    /// <summary>The variant, or null: waits for the outcome of the test phase.</summary>
    public string? Of(Guid customerId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> input = stackalloc byte[_salt.Length + 16];
        _salt.CopyTo(input);
        customerId.TryWriteBytes(input[_salt.Length..], bigEndian: true, out _);
        SHA256.HashData(input, hash);
        if (testPercent is { } percent && BinaryPrimitives.ReadUInt64BigEndian(hash[8..]) % Steps >= (ulong)(percent * Steps / 100)) return null;

        var place = (int)(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)_weights);
        foreach (var arm in arms)
        {
            if (place < arm.Weight) return arm.Name;
            place -= arm.Weight;
        }

        throw new InvalidOperationException("The weights do not add up.");
    }
}
