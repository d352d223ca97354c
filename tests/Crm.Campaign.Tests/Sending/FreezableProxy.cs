using System.Net;
using System.Net.Sockets;

namespace Crm.Campaign.Tests.Sending;

/// <summary>Stands between a client and a server and can freeze: connections stay open and nothing passes any more.</summary>
internal sealed class FreezableProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _tasks = [];
    private readonly string _host;
    private readonly int _port;
    private volatile TaskCompletionSource? _frozen;

    public FreezableProxy(string host, int port)
    {
        (_host, _port) = (host, port);
        _listener.Start();
        _tasks.Add(AcceptAsync());
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _frozen?.TrySetCanceled();
        _listener.Stop();
        await Task.WhenAll(_tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            var server = new TcpClient();
            await server.ConnectAsync(_host, _port, _stop.Token);
            lock (_tasks) _tasks.AddRange([PumpAsync(client, server), PumpAsync(server, client)]);
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        using (from)
        using (to)
        {
            var buffer = new byte[8_192];
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            {
                if (_frozen is { } frozen) await frozen.Task;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
    }
}
