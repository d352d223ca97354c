namespace Pipelines.Sockets.Unofficial.Arenas;

public delegate TResult Projection<T, out TResult>(in T x);

public delegate TResult Projection<T1, T2, out TResult>(in T1 x1, in T2 x2);

public static class SequenceExtensions
{
    public static T[] ToArray<T>(this in Sequence<T> source) => source.FirstSpan.ToArray();

    public static TTo[] ToArray<TFrom, TTo>(this in Sequence<TFrom> source, Projection<TFrom, TTo> projection)
    {
        if (source.IsEmpty)
            return [];
        var result = new TTo[source.Length];
        CopyTo(source, result, projection);
        return result;
    }

    public static TTo[] ToArray<TFrom, TState, TTo>(
        this in Sequence<TFrom> source, Projection<TFrom, TState, TTo> projection, in TState state)
    {
        if (source.IsEmpty)
            return [];
        var result = new TTo[source.Length];
        CopyTo(source, result, projection, state);
        return result;
    }

    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void CopyTo<TFrom, TTo>(this in Sequence<TFrom> source, Span<TTo> destination, Projection<TFrom, TTo> projection)
    {
        ArgumentNullException.ThrowIfNull(projection);
        CheckLength(source.Length, destination.Length);
        var i = 0;
        foreach (ref readonly var item in source.FirstSpan)
            destination[i++] = projection(item);
    }

    /// <inheritdoc cref="CopyTo{TFrom, TTo}"/>
    public static void CopyTo<TFrom, TState, TTo>(
        this in Sequence<TFrom> source, Span<TTo> destination, Projection<TFrom, TState, TTo> projection, in TState state)
    {
        ArgumentNullException.ThrowIfNull(projection);
        CheckLength(source.Length, destination.Length);
        var i = 0;
        foreach (ref readonly var item in source.FirstSpan)
            destination[i++] = projection(item, state);
    }

    private static void CheckLength(long source, int destination)
    {
        if (source > destination)
            throw new ArgumentException("The destination is shorter than the sequence.", nameof(destination));
    }
}
