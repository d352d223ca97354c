using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial;

/// <summary>
/// Awaitable arguments of one pending socket operation. After a socket method returned false (it completed at once),
/// call <see cref="Complete"/>; then, in either case, await this object. Not to be used again after <see cref="Abort"/>.
/// </summary>
public class SocketAwaitableEventArgs(PipeScheduler? ioScheduler = null) : SocketAsyncEventArgs, ICriticalNotifyCompletion
{
    private static readonly Action Done = static () => { };

    private readonly PipeScheduler scheduler = ioScheduler ?? PipeScheduler.Inline;
    private Action? continuation;
    private SocketError aborted;

    public bool IsCompleted => ReferenceEquals(Volatile.Read(ref continuation), Done);

    public SocketAwaitableEventArgs GetAwaiter() => this;

    /// <returns>The number of bytes transferred.</returns>
    /// <exception cref="SocketException">The operation failed or was aborted.</exception>
    public int GetResult()
    {
        Volatile.Write(ref continuation, null);
        var error = aborted == SocketError.Success ? SocketError : aborted;
        return error == SocketError.Success ? BytesTransferred : throw new SocketException((int)error);
    }

    /// <summary>Ends the wait with an error, whatever becomes of the operation itself.</summary>
    public void Abort(SocketError error = SocketError.OperationAborted)
    {
        if (error == SocketError.Success)
            throw new ArgumentException("An operation is aborted with an error.", nameof(error));
        aborted = error;
        Complete();
    }

    /// <summary>Marks the operation as done and lets the awaiting code continue.</summary>
    public void Complete()
    {
        var waiting = Interlocked.Exchange(ref continuation, Done);
        if (waiting is not null && !ReferenceEquals(waiting, Done))
            scheduler.Schedule(static state => ((Action)state!)(), waiting);
    }

    public void OnCompleted(Action continuation)
    {
        var earlier = Interlocked.CompareExchange(ref this.continuation, continuation, null);
        if (ReferenceEquals(earlier, Done))
            scheduler.Schedule(static state => ((Action)state!)(), continuation);
        else if (earlier is not null)
            throw new InvalidOperationException("The operation is awaited already.");
    }

    public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);

    protected override void OnCompleted(SocketAsyncEventArgs e) => Complete();
}
