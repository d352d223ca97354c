using System.IO.Pipelines;
using System.Net.Sockets;

namespace Pipelines.Sockets.Unofficial;

/// <summary>A connected socket as a pair of pipes.</summary>
public sealed class SocketConnection : IMeasuredDuplexPipe, IDisposable
{
    private readonly PipePump pump;
    private readonly string name;
    private readonly bool waitsBeforeReads;
    private int shutdownKind;
    private int socketError;

    private SocketConnection(
        Socket socket, PipeOptions sendPipeOptions, PipeOptions receivePipeOptions, SocketConnectionOptions options, string? name)
    {
        Socket = socket;
        this.name = string.IsNullOrWhiteSpace(name) ? nameof(SocketConnection) : name.Trim();
        waitsBeforeReads = options.HasFlag(SocketConnectionOptions.ZeroLengthReads);
        pump = new PipePump(sendPipeOptions, receivePipeOptions);
        receivePipeOptions.ReaderScheduler.Schedule(static state => ((SocketConnection)state!).StartReceiving(), this);
        sendPipeOptions.ReaderScheduler.Schedule(static state => ((SocketConnection)state!).StartSending(), this);
    }

    public PipeShutdownKind ShutdownKind => (PipeShutdownKind)Volatile.Read(ref shutdownKind);

    /// <summary>The error that ended the connection, if it was one of the socket.</summary>
    public SocketError SocketError => (SocketError)Volatile.Read(ref socketError);

    public PipeReader Input => pump.Input;

    public PipeWriter Output => pump.Output;

    public Socket Socket { get; }

    public long BytesRead => pump.Received;

    public long BytesSent => pump.Sent;

    /// <summary>Size of the last block that arrived; 0 at the end of the stream, -1 before the first.</summary>
    public int LastReceived => pump.LastReceived;

    long IMeasuredDuplexPipe.TotalBytesSent => BytesSent;

    long IMeasuredDuplexPipe.TotalBytesReceived => BytesRead;

    public static SocketConnection Create(
        Socket socket,
        PipeOptions? pipeOptions = null,
        SocketConnectionOptions socketConnectionOptions = SocketConnectionOptions.None,
        string? name = null) =>
        Create(socket, pipeOptions!, pipeOptions!, socketConnectionOptions, name);

    public static SocketConnection Create(
        Socket socket,
        PipeOptions sendPipeOptions,
        PipeOptions receivePipeOptions,
        SocketConnectionOptions socketConnectionOptions = SocketConnectionOptions.None,
        string? name = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return new SocketConnection(
            socket, sendPipeOptions ?? PipeOptions.Default, receivePipeOptions ?? PipeOptions.Default, socketConnectionOptions, name);
    }

    /// <summary>Callers use it to fail early when an assembly is missing; this one has no dependencies beyond the runtime.</summary>
    public static void AssertDependencies()
    {
    }

    /// <summary>Small commands must leave at once: no Nagle delay.</summary>
    public static void SetRecommendedClientOptions(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.AddressFamily != AddressFamily.Unix)
            socket.NoDelay = true;
    }

    public static void SetRecommendedServerOptions(Socket socket) => SetRecommendedClientOptions(socket);

    /// <summary>Records that the protocol ended the connection, unless it already ended otherwise.</summary>
    public bool TrySetProtocolShutdown(PipeShutdownKind kind) =>
        kind is PipeShutdownKind.ProtocolExitClient or PipeShutdownKind.ProtocolExitServer
            ? TrySetShutdown(kind)
            : throw new ArgumentOutOfRangeException(nameof(kind), kind, "Only the protocol's own reasons can be set.");

    public Counters GetCounters() => new(Available(), pump.WaitingToBeSent, pump.WaitingToBeRead);

    public void Dispose()
    {
        TrySetShutdown(PipeShutdownKind.PipeDisposed);
        Shutdown(SocketShutdown.Both);
        Socket.Dispose();
        pump.Cancel();
    }

    public override string ToString() => name;

    private void StartReceiving() => _ = pump.ReceiveAsync(ReadAsync, OnReceiveEnded);

    private void StartSending() => _ = pump.SendAsync(WriteAsync, static () => ValueTask.CompletedTask, OnSendEnded);

    private async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (waitsBeforeReads)
            await Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
        return await Socket.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> block)
    {
        while (!block.IsEmpty)
            block = block[await Socket.SendAsync(block, SocketFlags.None).ConfigureAwait(false)..];
    }

    private Exception? OnReceiveEnded(PipeShutdownKind reason, Exception? failure)
    {
        var visible = Classify(
            reason,
            failure,
            PipeShutdownKind.ReadSocketError,
            PipeShutdownKind.ReadDisposed,
            PipeShutdownKind.ReadIOException,
            PipeShutdownKind.ReadException);
        Shutdown(SocketShutdown.Receive);
        return visible;
    }

    private Exception? OnSendEnded(PipeShutdownKind reason, Exception? failure)
    {
        var visible = Classify(
            reason,
            failure,
            PipeShutdownKind.WriteSocketError,
            PipeShutdownKind.WriteDisposed,
            PipeShutdownKind.WriteIOException,
            PipeShutdownKind.WriteException);
        Shutdown(SocketShutdown.Send);
        return visible;
    }

    /// <returns>The exception that the user of the pipe sees; none when this side closed the socket.</returns>
    private Exception? Classify(
        PipeShutdownKind reason,
        Exception? failure,
        PipeShutdownKind socketFailure,
        PipeShutdownKind disposed,
        PipeShutdownKind inputOutput,
        PipeShutdownKind other)
    {
        switch (failure)
        {
            case null:
                TrySetShutdown(reason);
                return null;
            case SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted } ex:
                TrySetShutdown(disposed, ex.SocketErrorCode);
                return null;
            case ObjectDisposedException:
                TrySetShutdown(disposed);
                return null;
            case SocketException { SocketErrorCode: SocketError.ConnectionReset } ex:
                TrySetShutdown(socketFailure, ex.SocketErrorCode);
                return new ConnectionResetException(ex.Message, ex);
            case SocketException ex:
                TrySetShutdown(socketFailure, ex.SocketErrorCode);
                return new IOException(ex.Message, ex);
            case IOException ex:
                TrySetShutdown(inputOutput);
                return ex;
            default:
                TrySetShutdown(other);
                return new IOException(failure.Message, failure);
        }
    }

    private bool TrySetShutdown(PipeShutdownKind kind, SocketError error = SocketError.Success)
    {
        if (kind == PipeShutdownKind.None || Interlocked.CompareExchange(ref shutdownKind, (int)kind, 0) != 0)
            return false;
        Volatile.Write(ref socketError, (int)error);
        return true;
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            Socket.Shutdown(how);
        }
        catch (Exception ex) when (ex is SocketException or ObjectDisposedException)
        {
            // The peer, or the other loop, was faster.
        }
    }

    private long Available()
    {
        try
        {
            return Socket.Available;
        }
        catch (Exception ex) when (ex is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    /// <summary>Where bytes are at one moment, for diagnostics.</summary>
    public readonly struct Counters
    {
        internal Counters(long availableOnSocket, long waitingToBeSent, long waitingToBeRead)
        {
            BytesAvailableOnSocket = availableOnSocket;
            BytesWaitingToBeSent = waitingToBeSent;
            BytesWaitingToBeRead = waitingToBeRead;
        }

        public long BytesAvailableOnSocket { get; }

        public long BytesWaitingToBeSent { get; }

        public long BytesWaitingToBeRead { get; }
    }
}
