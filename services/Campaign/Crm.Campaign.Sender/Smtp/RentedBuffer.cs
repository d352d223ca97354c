using System.Buffers;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>A growing buffer from a pool; disposing gives it back, after which nothing that was written may be used.</summary>
internal sealed class RentedBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    // The shared pool keeps few of a size; the mails of some micro-batches are hundreds at once.
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(maxArrayLength: 1 << 20, maxArraysPerBucket: 512);

    private byte[] buffer = Pool.Rent(capacity);
    private int written;

    public Memory<byte> WrittenMemory => buffer.AsMemory(0, written);

    public void Advance(int count) => written = checked(written + count);

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return buffer.AsMemory(written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return buffer.AsSpan(written);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, []) is { Length: > 0 } rented) Pool.Return(rented);
    }

    private void Ensure(int sizeHint)
    {
        var needed = checked(written + Math.Max(sizeHint, 1));
        if (needed <= buffer.Length) return;
        var larger = Pool.Rent(Math.Max(needed, checked(buffer.Length * 2)));
        buffer.AsSpan(0, written).CopyTo(larger);
        Pool.Return(buffer);
        buffer = larger;
    }
}
