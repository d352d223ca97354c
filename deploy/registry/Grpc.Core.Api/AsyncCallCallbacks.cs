namespace Grpc.Core;

/// <summary>
/// What the four kinds of call share: the functions that an implementation gave, with the state that they take.
/// The constructors without a state are kept as closures.
/// </summary>
internal readonly struct AsyncCallCallbacks(
    Func<object?, Task<Metadata>> responseHeaders,
    Func<object?, Status> status,
    Func<object?, Metadata> trailers,
    Action<object?> dispose,
    object? state)
{
    public AsyncCallCallbacks(Task<Metadata> responseHeaders, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(_ => responseHeaders, _ => status(), _ => trailers(), _ => dispose(), null)
    {
    }

    public Task<Metadata> ResponseHeadersAsync() => responseHeaders(state);

    public Status GetStatus() => status(state);

    public Metadata GetTrailers() => trailers(state);

    public void Dispose() => dispose(state);
}
