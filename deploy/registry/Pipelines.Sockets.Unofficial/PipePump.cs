using System.Buffers;
using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>
/// Two pipes and the two loops that move bytes between them and a transport. A loop ends with its transport direction,
/// and says why through the callback that it was started with.
/// </summary>
internal sealed class PipePump
{
    private readonly Pipe receive;
    private readonly Pipe send;
    private readonly CountingPipeReader input;
    private readonly CountingPipeWriter output;
    private long received;
    private long sent;
    private int lastReceived = -1;

    public PipePump(PipeOptions sendOptions, PipeOptions receiveOptions)
    {
        send = new Pipe(sendOptions);
        receive = new Pipe(receiveOptions);
        input = new CountingPipeReader(receive.Reader);
        output = new CountingPipeWriter(send.Writer);
    }

    public PipeReader Input => input;

    public PipeWriter Output => output;

    public long Received => Volatile.Read(ref received);

    public long Sent => Volatile.Read(ref sent);

    /// <summary>Size of the last block that arrived; 0 at the end of the stream, -1 before the first.</summary>
    public int LastReceived => Volatile.Read(ref lastReceived);

    public long WaitingToBeRead => Math.Max(0, Received - input.Consumed);

    public long WaitingToBeSent => Math.Max(0, output.Written - Sent);

    /// <param name="read">Reads from the transport; 0 is its end.</param>
    /// <param name="ended">Gets the reason, and the exception if there was one; returns the exception for the pipe's reader.</param>
    public async Task ReceiveAsync(Func<Memory<byte>, ValueTask<int>> read, Func<PipeShutdownKind, Exception?, Exception?> ended)
    {
        var reason = PipeShutdownKind.None;
        Exception? failure = null;
        try
        {
            while (reason == PipeShutdownKind.None)
            {
                var count = await read(receive.Writer.GetMemory(1)).ConfigureAwait(false);
                Volatile.Write(ref lastReceived, count);
                if (count <= 0)
                {
                    reason = PipeShutdownKind.ReadEndOfStream;
                    break;
                }
                Interlocked.Add(ref received, count);
                receive.Writer.Advance(count);
                var flush = await receive.Writer.FlushAsync().ConfigureAwait(false);
                reason = flush.IsCompleted ? PipeShutdownKind.ReadFlushCompleted
                    : flush.IsCanceled ? PipeShutdownKind.ReadFlushCanceled
                    : PipeShutdownKind.None;
            }
        }
        catch (Exception ex)
        {
            failure = ex;
        }
        await receive.Writer.CompleteAsync(ended(reason, failure)).ConfigureAwait(false);
    }

    /// <param name="write">Writes one block to the transport.</param>
    /// <param name="flush">Called when nothing more waits.</param>
    /// <param name="ended">As for <see cref="ReceiveAsync"/>; the exception is for the pipe's writer.</param>
    public async Task SendAsync(
        Func<ReadOnlyMemory<byte>, ValueTask> write, Func<ValueTask> flush, Func<PipeShutdownKind, Exception?, Exception?> ended)
    {
        var reason = PipeShutdownKind.None;
        Exception? failure = null;
        try
        {
            while (reason == PipeShutdownKind.None)
            {
                var result = await send.Reader.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                if (result.IsCanceled || (result.IsCompleted && buffer.IsEmpty))
                    reason = PipeShutdownKind.WriteEndOfStream;
                else
                    await WriteAsync(buffer, write).ConfigureAwait(false);
                send.Reader.AdvanceTo(buffer.End);
                await flush().ConfigureAwait(false);
            }
        }
        catch (Exception ex)
        {
            failure = ex;
        }
        await send.Reader.CompleteAsync(ended(reason, failure)).ConfigureAwait(false);
    }

    /// <summary>Wakes loops that wait for the pipes (the transport wakes those that wait for it).</summary>
    public void Cancel()
    {
        send.Reader.CancelPendingRead();
        receive.Writer.CancelPendingFlush();
    }

    private async ValueTask WriteAsync(ReadOnlySequence<byte> buffer, Func<ReadOnlyMemory<byte>, ValueTask> write)
    {
        foreach (var block in buffer)
        {
            await write(block).ConfigureAwait(false);
            Interlocked.Add(ref sent, block.Length);
        }
    }
}
