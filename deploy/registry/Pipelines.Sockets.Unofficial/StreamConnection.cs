using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>Streams, such as TLS ones, as pipes.</summary>
public static class StreamConnection
{
    public static IDuplexPipe GetDuplex(Stream stream, PipeOptions? pipeOptions = null, string? name = null) =>
        GetDuplex(stream, pipeOptions!, pipeOptions!, name);

    public static IDuplexPipe GetDuplex(
        Stream stream, PipeOptions sendPipeOptions, PipeOptions receivePipeOptions, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead || !stream.CanWrite)
            throw new ArgumentException("A duplex pipe needs a stream that reads and writes.", nameof(stream));
        var pipe = new StreamDuplexPipe(stream, sendPipeOptions ?? PipeOptions.Default, receivePipeOptions ?? PipeOptions.Default, name);
        pipe.Start(sendPipeOptions ?? PipeOptions.Default, receivePipeOptions ?? PipeOptions.Default);
        return pipe;
    }

    /// <summary>A reader that fills itself from the stream ahead of its user.</summary>
    public static PipeReader GetReader(Stream stream, PipeOptions? pipeOptions = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead)
            throw new ArgumentException("The stream cannot be read.", nameof(stream));
        var options = pipeOptions ?? PipeOptions.Default;
        var pipe = new StreamDuplexPipe(stream, options, options, name);
        pipe.StartReceiving(options);
        return pipe.Input;
    }

    private sealed class StreamDuplexPipe(Stream stream, PipeOptions sendOptions, PipeOptions receiveOptions, string? name)
        : IMeasuredDuplexPipe, IDisposable
    {
        private readonly PipePump pump = new(sendOptions, receiveOptions);

        public PipeReader Input => pump.Input;

        public PipeWriter Output => pump.Output;

        public long TotalBytesSent => pump.Sent;

        public long TotalBytesReceived => pump.Received;

        public void Start(PipeOptions send, PipeOptions receive)
        {
            StartReceiving(receive);
            send.ReaderScheduler.Schedule(
                static state =>
                {
                    var pipe = (StreamDuplexPipe)state!;
                    _ = pipe.pump.SendAsync(pipe.WriteAsync, pipe.FlushAsync, Ended);
                },
                this);
        }

        public void StartReceiving(PipeOptions receive) =>
            receive.ReaderScheduler.Schedule(
                static state =>
                {
                    var pipe = (StreamDuplexPipe)state!;
                    _ = pipe.pump.ReceiveAsync(pipe.ReadAsync, Ended);
                },
                this);

        public void Dispose()
        {
            stream.Dispose();
            pump.Cancel();
        }

        public override string ToString() => name ?? nameof(StreamDuplexPipe);

        private static Exception? Ended(PipeShutdownKind reason, Exception? failure) => failure is ObjectDisposedException ? null : failure;

        private ValueTask<int> ReadAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

        private ValueTask WriteAsync(ReadOnlyMemory<byte> block) => stream.WriteAsync(block);

        private ValueTask FlushAsync() => new(stream.FlushAsync());
    }
}
