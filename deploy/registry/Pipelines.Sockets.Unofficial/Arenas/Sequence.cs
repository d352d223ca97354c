namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>A <see cref="Sequence{T}"/> that forgot its element type, so that elements can hold sequences of their own type.</summary>
public readonly struct Sequence
{
    private readonly Array? array;
    private readonly int offset;
    private readonly int length;

    internal Sequence(Array? array, int offset, int length)
    {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    public long Length => length;

    public bool IsEmpty => length == 0;

    public static Sequence Empty<T>() => default(Sequence<T>).Untyped();

    /// <exception cref="InvalidCastException">The elements are of another type.</exception>
    public Sequence<T> Cast<T>() => array is null ? default : new Sequence<T>((T[])array, offset, length);

    public override string ToString() => $"Sequence, length {length}";
}

/// <summary>A slice of an arena's block; writable, and read in order or by index.</summary>
public readonly struct Sequence<T>
{
    private readonly T[]? array;
    private readonly int offset;
    private readonly int length;

    public Sequence(T[] array)
        : this(array, 0, array?.Length ?? 0)
    {
    }

    public Sequence(T[] array, int offset, int length)
    {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    public long Length => length;

    public bool IsEmpty => length == 0;

    public bool IsSingleSegment => true;

    public Span<T> FirstSpan => array.AsSpan(offset, length);

    public Memory<T> FirstSegment => array.AsMemory(offset, length);

    /// <summary>For callers that can take more than one segment; here there is one, or none when empty.</summary>
    public SpanEnumerable Spans => new(this);

    public ref T this[int index] => ref FirstSpan[index];

    public ref T this[long index] => ref FirstSpan[checked((int)index)];

    public Sequence Untyped() => new(array, offset, length);

    public Enumerator GetEnumerator() => new(this);

    public override string ToString() => $"Sequence<{typeof(T).Name}>, length {length}";

    public ref struct Enumerator
    {
        private readonly Span<T> span;
        private int index = -1;

        internal Enumerator(Sequence<T> sequence) => span = sequence.FirstSpan;

        public readonly ref T Current => ref span[index];

        public bool MoveNext() => ++index < span.Length;

        /// <summary>Moves on and returns the element.</summary>
        /// <exception cref="InvalidOperationException">There are no more.</exception>
        public ref T GetNext()
        {
            if (!MoveNext())
                throw new InvalidOperationException("The sequence has no more elements.");
            return ref Current;
        }
    }

    public readonly ref struct SpanEnumerable
    {
        private readonly Sequence<T> sequence;

        internal SpanEnumerable(Sequence<T> sequence) => this.sequence = sequence;

        public SpanEnumerator GetEnumerator() => new(sequence);
    }

    public ref struct SpanEnumerator
    {
        private readonly Span<T> span;
        private bool moved;

        internal SpanEnumerator(Sequence<T> sequence) => span = sequence.FirstSpan;

        public readonly Span<T> Current => span;

        public bool MoveNext()
        {
            var any = !moved && !span.IsEmpty;
            moved = true;
            return any;
        }
    }
}
