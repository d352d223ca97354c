using System.Buffers;
using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial.Arenas;

[Flags]
public enum ArenaFlags
{
    None = 0,
    ClearAtReset = 1,
    ClearAtDispose = 2,

    /// <summary>Accepted and without effect: blocks are managed arrays of one element type.</summary>
    PreferUnmanaged = 4,

    /// <inheritdoc cref="PreferUnmanaged"/>
    PreferPinned = 8,

    /// <inheritdoc cref="PreferUnmanaged"/>
    BlittableNonPaddedSharing = 16,

    /// <inheritdoc cref="PreferUnmanaged"/>
    BlittablePaddedSharing = 32,
}

/// <param name="flags">What is cleared when.</param>
/// <param name="blockSizeBytes">Size of a block; 0 for the default.</param>
/// <param name="retentionPolicy">From the elements retained so far and those used since the last reset, how many to keep.</param>
public sealed class ArenaOptions(
    ArenaFlags flags = ArenaFlags.BlittableNonPaddedSharing, int blockSizeBytes = 0, Func<long, long, long>? retentionPolicy = null)
{
    public static ArenaOptions Default { get; } = new();

    public ArenaFlags Flags { get; } = flags;

    public int BlockSizeBytes { get; } = blockSizeBytes;

    /// <summary>Unless one is given: what was used, or 90 % of what was kept if that is more.</summary>
    public Func<long, long, long> RetentionPolicy { get; } =
        retentionPolicy ?? (static (retained, used) => Math.Max(used, (long)(retained * 0.9)));
}

/// <summary>Replaces the source of an arena's blocks.</summary>
public abstract class Allocator<T>
{
    public abstract IMemoryOwner<T> Allocate(int length);

    public virtual void Clear(IMemoryOwner<T> allocation, int length)
    {
        ArgumentNullException.ThrowIfNull(allocation);
        allocation.Memory.Span[..length].Clear();
    }
}

/// <summary>
/// Hands out slices of a block and takes all of them back at once. A sequence is valid until the next
/// <see cref="Reset"/>. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Sequences are always contiguous here: what does not fit in the block's rest opens a new block, and the block that
/// is left goes with the sequences that hold it.
/// </remarks>
public sealed class Arena<T> : IDisposable
{
    private const int DefaultBlockBytes = 64 * 1024;

    private readonly ArenaOptions options;
    private readonly int minBlockLength;
    private T[] block = [];
    private int used;
    private long usedSinceReset;
    private long retained;

    /// <exception cref="NotSupportedException">An allocator is given: blocks are managed arrays here.</exception>
    public Arena(ArenaOptions? options = null, Allocator<T>? allocator = null)
    {
        if (allocator is not null)
            throw new NotSupportedException("Arenas take their blocks from the managed heap.");
        this.options = options ?? ArenaOptions.Default;
        var bytes = this.options.BlockSizeBytes > 0 ? this.options.BlockSizeBytes : DefaultBlockBytes;
        minBlockLength = Math.Max(1, bytes / Unsafe.SizeOf<T>());
    }

    /// <summary>The elements are not cleared unless the arena clears at reset.</summary>
    public Sequence<T> Allocate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length == 0)
            return default;
        if (length > block.Length - used)
        {
            block = new T[Math.Max(length, minBlockLength)];
            used = 0;
        }
        var sequence = new Sequence<T>(block, used, length);
        used += length;
        usedSinceReset += length;
        return sequence;
    }

    /// <summary>Takes everything back.</summary>
    public void Reset()
    {
        retained = options.RetentionPolicy(retained, usedSinceReset);
        // A block is kept or dropped as a whole: dropped once the policy wants less than half of it.
        if (block.Length > minBlockLength && block.Length > retained * 2)
            block = [];
        else if (options.Flags.HasFlag(ArenaFlags.ClearAtReset) || RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            block.AsSpan(0, used).Clear();
        used = 0;
        usedSinceReset = 0;
    }

    public void Dispose()
    {
        if (options.Flags.HasFlag(ArenaFlags.ClearAtDispose))
            block.AsSpan(0, used).Clear();
        block = [];
        used = 0;
    }
}
