namespace Crm.ServiceDefaults.Hosting;

/// <summary>New identifiers: UUIDv7, each greater than the one before (counter in rand_a: RFC 9562, section 6.2, method 1), so that keys keep the order of writing.</summary>
public class Ids(TimeProvider time)
{
    private long _last; // milliseconds, then the counter's 12 bits

    public virtual Guid Next()
    {
        long last, next;
        do next = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds() << 12, (last = Volatile.Read(ref _last)) + 1);
        while (Interlocked.CompareExchange(ref _last, next, last) != last);
#pragma warning disable RS0030 // the one place that makes identifiers
        var random = Guid.CreateVersion7().ToByteArray();
#pragma warning restore RS0030
        return new((int)(next >> 28), (short)(next >> 12), (short)(0x7000 | (next & 0xFFF)), random[8..]);
    }
}
