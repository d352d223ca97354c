using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Campaign.Domain.Experiments;

/// <summary>Who is kept back from all campaigns of a period: a function of the period's salt and the customer, independent of every campaign's own.</summary>
internal sealed class GlobalHoldout(string salt, decimal percent)
{
    private const int Steps = 10_000;
    private readonly byte[] _salt = Encoding.UTF8.GetBytes("global " + salt);

    public bool Contains(Guid customerId)
    {
        Span<byte> input = stackalloc byte[_salt.Length + 16];
        _salt.CopyTo(input);
        customerId.TryWriteBytes(input[_salt.Length..], bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash) % Steps < (ulong)(percent * Steps / 100);
    }
}
