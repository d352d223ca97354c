using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>A call with one request and one response; awaiting it awaits the response.</summary>
public sealed class AsyncUnaryCall<TResponse> : IDisposable
{
    private readonly AsyncCallCallbacks callbacks;

    public AsyncUnaryCall(
        Task<TResponse> responseAsync,
        Task<Metadata> responseHeadersAsync,
        Func<Status> getStatusFunc,
        Func<Metadata> getTrailersFunc,
        Action disposeAction)
    {
        ResponseAsync = responseAsync;
        callbacks = new AsyncCallCallbacks(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction);
    }

    public AsyncUnaryCall(
        Task<TResponse> responseAsync,
        Func<object, Task<Metadata>> responseHeadersAsync,
        Func<object, Status> getStatusFunc,
        Func<object, Metadata> getTrailersFunc,
        Action<object> disposeAction,
        object state)
    {
        ResponseAsync = responseAsync;
        callbacks = new AsyncCallCallbacks(responseHeadersAsync!, getStatusFunc!, getTrailersFunc!, disposeAction!, state);
    }

    public Task<TResponse> ResponseAsync { get; }

    public Task<Metadata> ResponseHeadersAsync => callbacks.ResponseHeadersAsync();

    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) =>
        ResponseAsync.ConfigureAwait(continueOnCapturedContext);

    /// <summary>Only once the call has ended.</summary>
    public Status GetStatus() => callbacks.GetStatus();

    /// <summary>Only once the call has ended.</summary>
    public Metadata GetTrailers() => callbacks.GetTrailers();

    /// <summary>Cancels the call if it still runs.</summary>
    public void Dispose() => callbacks.Dispose();
}
