using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;
using Pipelines.Sockets.Unofficial.Arenas;

namespace Crm.Registry.Tests.Pipelines;

/// <summary>What a Redis server cannot be made to show: resets, counters, aborted connects, crowded schedulers.</summary>
public class SocketConnectionTests
{
    [Fact]
    public async Task Bytes_are_counted_on_both_sides_and_the_end_is_seen()
    {
        var (near, far) = await PairAsync();
        using var connection = SocketConnection.Create(near, PipeOptions.Default, PipeOptions.Default);
        await connection.Output.WriteAsync(new byte[1000]);
        Assert.Equal(1000, await ReadAsync(far, 1000));
        await far.SendAsync(new byte[700]);
        await Eventually.True(() => connection.BytesRead == 700);

        Assert.Equal(700, connection.GetCounters().BytesWaitingToBeRead);
        var read = await connection.Input.ReadAtLeastAsync(700);
        connection.Input.AdvanceTo(read.Buffer.GetPosition(300), read.Buffer.End);

        Assert.Equal(400, connection.GetCounters().BytesWaitingToBeRead);
        Assert.Equal(0, connection.GetCounters().BytesWaitingToBeSent);
        Assert.Equal(1000, connection.BytesSent);
        Assert.Equal(PipeShutdownKind.None, connection.ShutdownKind);
        far.Dispose();
        Assert.True((await connection.Input.ReadAsync()).IsCompleted);
        Assert.Equal(PipeShutdownKind.ReadEndOfStream, connection.ShutdownKind);
        Assert.False(connection.TrySetProtocolShutdown(PipeShutdownKind.ProtocolExitClient));
    }

    [Fact]
    public async Task Reset_by_the_peer_fails_the_reader()
    {
        var (near, far) = await PairAsync();
        using var connection = SocketConnection.Create(near, PipeOptions.Default, PipeOptions.Default);
        far.LingerState = new LingerOption(true, 0);
        far.Dispose();

        await Assert.ThrowsAsync<ConnectionResetException>(async () => await connection.Input.ReadAsync());

        Assert.Equal(PipeShutdownKind.ReadSocketError, connection.ShutdownKind);
        Assert.Equal(SocketError.ConnectionReset, connection.SocketError);
    }

    [Fact]
    public async Task Disposal_ends_pending_reads_without_an_error()
    {
        var (near, far) = await PairAsync();
        using var peer = far;
        var connection = SocketConnection.Create(near, PipeOptions.Default, PipeOptions.Default);
        var reading = connection.Input.ReadAsync().AsTask();

        connection.Dispose();

        Assert.True((await reading.WaitAsync(TimeSpan.FromSeconds(10))).IsCompleted);
        Assert.Equal(PipeShutdownKind.PipeDisposed, connection.ShutdownKind);
    }

    [Fact]
    public async Task Sender_waits_while_the_peer_does_not_read()
    {
        var (near, far) = await PairAsync();
        using var peer = far;
        var options = new PipeOptions(pauseWriterThreshold: 64 * 1024, resumeWriterThreshold: 32 * 1024);
        using var connection = SocketConnection.Create(near, options, options);

        var writing = connection.Output.WriteAsync(new byte[32 * 1024 * 1024]).AsTask();
        await Task.Delay(300);
        Assert.False(writing.IsCompleted);
        Assert.True(connection.GetCounters().BytesWaitingToBeSent > 0);

        Assert.Equal(32 * 1024 * 1024, await ReadAsync(far, 32 * 1024 * 1024));
        await writing.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Aborted_operation_throws_the_given_error()
    {
        using var arguments = new SocketAwaitableEventArgs();
        async Task<int> AwaitAsync() => await arguments;
        var waiting = AwaitAsync();
        Assert.False(waiting.IsCompleted);

        arguments.Abort(SocketError.TimedOut);

        var error = await Assert.ThrowsAsync<SocketException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
    }

    [Fact]
    public async Task Crowded_scheduler_hands_the_rest_to_the_thread_pool()
    {
        using var gate = new ManualResetEventSlim();
        using var scheduler = new DedicatedThreadPoolPipeScheduler("test", workerCount: 2, useThreadPoolQueueLength: 3);
        await Eventually.True(() => scheduler.AvailableCount == 2);
        var done = 0;
        var onWorker = 0;
        for (var i = 0; i < 2; i++)
            scheduler.Schedule(_ => gate.Wait(), null);
        await Eventually.True(() => scheduler.AvailableCount == 0 && scheduler.TotalServicedByQueue == 2);
        for (var i = 0; i < 10; i++)
        {
            scheduler.Schedule(
                _ =>
                {
                    if (DedicatedThreadPoolPipeScheduler.IsWorker(scheduler))
                        Interlocked.Increment(ref onWorker);
                    Interlocked.Increment(ref done);
                },
                null);
        }

        await Eventually.True(() => Volatile.Read(ref done) == 7);
        Assert.Equal(7, scheduler.TotalServicedByPool);
        gate.Set();
        await Eventually.True(() => Volatile.Read(ref done) == 10);
        Assert.Equal(3, onWorker);
        Assert.Equal(5, scheduler.TotalServicedByQueue);
    }

    [Fact]
    public void Arena_keeps_sequences_apart_until_it_is_reset()
    {
        using var arena = new Arena<string?>(new ArenaOptions(blockSizeBytes: 64));
        var sequences = Enumerable.Range(1, 50).Select(length => arena.Allocate(length)).ToList();
        for (var s = 0; s < sequences.Count; s++)
        {
            foreach (ref var item in sequences[s].FirstSpan)
                item = $"{s}";
        }

        for (var s = 0; s < sequences.Count; s++)
        {
            var expected = $"{s}";
            Assert.Equal(s + 1, sequences[s].Length);
            Assert.All(sequences[s].Untyped().Cast<string?>().ToArray((in string? item) => item), item => Assert.Equal(expected, item));
        }
        arena.Reset();
        Assert.All(arena.Allocate(5).ToArray(), Assert.Null);
    }

    private static async Task<int> ReadAsync(Socket socket, int count)
    {
        var buffer = new byte[64 * 1024];
        var total = 0;
        while (total < count)
        {
            var read = await socket.ReceiveAsync(buffer);
            if (read == 0)
                break;
            total += read;
        }
        return total;
    }

    private static async Task<(Socket Near, Socket Far)> PairAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SocketConnection.SetRecommendedClientOptions(near);
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        return (near, await listener.AcceptSocketAsync());
    }
}
