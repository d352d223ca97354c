using System.Collections;

namespace Pipelines.Sockets.Unofficial;

/// <summary>Walks the handlers of an event without allocating an array for them.</summary>
public static class Delegates
{
    public static bool IsSupported => true;

    public static DelegateEnumerable<T> AsEnumerable<T>(this T? handler)
        where T : MulticastDelegate =>
        new(handler);

    public static DelegateEnumerator<T> GetEnumerator<T>(this T? handler)
        where T : MulticastDelegate =>
        new(handler);

    /// <summary>Whether there is exactly one handler.</summary>
    public static bool IsSingle(this MulticastDelegate? handler) => handler?.HasSingleTarget ?? false;

    public readonly struct DelegateEnumerable<T> : IEnumerable<T>
        where T : MulticastDelegate
    {
        private readonly T? handler;

        internal DelegateEnumerable(T? handler) => this.handler = handler;

        public DelegateEnumerator<T> GetEnumerator() => new(handler);

        IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    public struct DelegateEnumerator<T> : IEnumerator<T>
        where T : MulticastDelegate
    {
        private readonly T? handler;
        private Delegate.InvocationListEnumerator<T> inner;

        internal DelegateEnumerator(T? handler)
        {
            this.handler = handler;
            inner = Delegate.EnumerateInvocationList(handler);
        }

        public T Current => inner.Current;

        object IEnumerator.Current => Current;

        public bool MoveNext() => inner.MoveNext();

        public void Reset() => inner = Delegate.EnumerateInvocationList(handler);

        void IDisposable.Dispose()
        {
        }
    }
}
