namespace Grpc.Core;

/// <summary>A call with one request and a stream of responses.</summary>
public sealed class AsyncServerStreamingCall<TResponse> : IDisposable
{
    private readonly AsyncCallCallbacks callbacks;

    public AsyncServerStreamingCall(
        IAsyncStreamReader<TResponse> responseStream,
        Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc,
        Func<Metadata> getTrailersFunc,
        Action disposeAction)
    {
        ResponseStream = responseStream;
        callbacks = new AsyncCallCallbacks(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction);
    }

    public AsyncServerStreamingCall(
        IAsyncStreamReader<TResponse> responseStream,
        Func<object, Task<Metadata>> responseHeadersAsync,
        Func<object, Status> getStatusFunc,
        Func<object, Metadata> getTrailersFunc,
        Action<object> disposeAction,
        object state)
    {
        ResponseStream = responseStream;
        callbacks = new AsyncCallCallbacks(responseHeadersAsync!, getStatusFunc!, getTrailersFunc!, disposeAction!, state);
    }

    public IAsyncStreamReader<TResponse> ResponseStream { get; }

    public Task<Metadata> ResponseHeadersAsync => callbacks.ResponseHeadersAsync();

    /// <summary>Only once the call has ended.</summary>
    public Status GetStatus() => callbacks.GetStatus();

    /// <summary>Only once the call has ended.</summary>
    public Metadata GetTrailers() => callbacks.GetTrailers();

    /// <summary>Cancels the call if it still runs.</summary>
    public void Dispose() => callbacks.Dispose();
}
