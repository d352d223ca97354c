using System.Diagnostics;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Crm.Registry.Tests.Rpc;

/// <summary>The wire, in both directions, against an implementation of gRPC that shares no code with this one.</summary>
public sealed class GrpcJsTests(ProbeServer server, InteropFolder interop) : IClassFixture<ProbeServer>, IClassFixture<InteropFolder>
{
    [Fact]
    public async Task Calls_from_grpc_js_are_served()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var node = interop.Start("client.js", server.Address.Authority);
        using var registration = timeout.Token.Register(() => node.Kill());
        var errors = node.StandardError.ReadToEndAsync(timeout.Token);
        var output = await node.StandardOutput.ReadToEndAsync(timeout.Token);
        await node.WaitForExitAsync(timeout.Token);
        Assert.True(node.ExitCode == 0, await errors);

        using var document = JsonDocument.Parse(output);
        var result = document.RootElement;
        var echo = result.GetProperty("echo");
        Assert.Equal((int)StatusCode.OK, echo.GetProperty("code").GetInt32());
        Assert.Equal("halo, dünya ✓", echo.GetProperty("response").GetProperty("text").GetString());
        Assert.Equal(-7, echo.GetProperty("response").GetProperty("number").GetInt32());
        Assert.Equal("from grpc-js", echo.GetProperty("headers").GetProperty("probe-seen").GetString());
        Assert.Equal("0001feff", echo.GetProperty("bytes").GetString());
        Assert.Equal(2 * 1024 * 1024, result.GetProperty("largeLength").GetInt32());
        Assert.Equal([1, 2, 3, 4, 5], Numbers(result, "count"));
        Assert.Equal(10, result.GetProperty("sum").GetInt32());
        Assert.Equal([30, 10, 20], Numbers(result, "chat"));
        var fail = result.GetProperty("fail");
        Assert.Equal((int)StatusCode.FailedPrecondition, fail.GetProperty("code").GetInt32());
        Assert.Equal("refused: no", fail.GetProperty("details").GetString());
        Assert.Equal("no", fail.GetProperty("trailers").GetProperty("probe-reason").GetString());
        Assert.Equal("00ff", fail.GetProperty("bytes").GetString());
        Assert.Equal((int)StatusCode.DeadlineExceeded, result.GetProperty("deadline").GetInt32());
        Assert.Equal((int)StatusCode.Cancelled, result.GetProperty("cancelled").GetInt32());
        await Eventually.True(() => server.Record.Cancelled.ContainsKey("cancelled by grpc-js"));
    }

    [Fact]
    public async Task Calls_to_grpc_js_are_answered()
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var node = interop.Start("server.js");
        using var registration = timeout.Token.Register(() => node.Kill());
        var port = await node.StandardOutput.ReadLineAsync(timeout.Token);
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new Probe.ProbeClient(channel);

        var headers = new Metadata { { "probe-text", "from .NET" }, { "probe-bin", [0, 1, 254, 255] } };
        using (var echo = client.EchoAsync(new ProbeMessage { Text = "✓", Payload = ByteString.CopyFrom(new byte[1 << 20]) }, headers))
        {
            Assert.Equal("from .NET", (await echo.ResponseHeadersAsync).GetValue("probe-seen"));
            Assert.Equal(1 << 20, (await echo).Payload.Length);
            Assert.Equal([0, 1, 254, 255], echo.GetTrailers().GetValueBytes("probe-bin"));
        }

        using (var count = client.Count(new ProbeMessage { Number = 5 }))
            Assert.Equal(new[] { 1, 2, 3, 4, 5 }, await NumbersAsync(count.ResponseStream));

        using (var sum = client.Sum())
        {
            foreach (var number in new[] { 1, 2, 3, 4 })
                await sum.RequestStream.WriteAsync(new ProbeMessage { Number = number });
            await sum.RequestStream.CompleteAsync();
            Assert.Equal(10, (await sum).Number);
        }

        using (var chat = client.Chat())
        {
            foreach (var number in new[] { 3, 1, 2 })
                await chat.RequestStream.WriteAsync(new ProbeMessage { Number = number });
            await chat.RequestStream.CompleteAsync();
            Assert.Equal(new[] { 30, 10, 20 }, await NumbersAsync(chat.ResponseStream));
        }

        var failed = await Assert.ThrowsAsync<RpcException>(async () => await client.FailAsync(new ProbeMessage { Text = "no" }));
        Assert.Equal(StatusCode.FailedPrecondition, failed.StatusCode);
        Assert.Equal("refused: no", failed.Status.Detail);
        Assert.Equal("no", failed.Trailers.GetValue("probe-reason"));
        Assert.Equal([0, 255], failed.Trailers.GetValueBytes("probe-bin"));

        var late = await Assert.ThrowsAsync<RpcException>(
            async () => await client.WaitAsync(
                new ProbeMessage(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);

        node.StandardInput.Close();
        await node.WaitForExitAsync(timeout.Token);
        Assert.Equal(0, node.ExitCode);
    }

    private static int[] Numbers(JsonElement result, string name) =>
        [.. result.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private static async Task<int[]> NumbersAsync(IAsyncStreamReader<ProbeMessage> stream)
    {
        var numbers = new List<int>();
        await foreach (var message in stream.ReadAllAsync())
            numbers.Add(message.Number);
        return [.. numbers];
    }
}

/// <summary>The Node.js side in <c>interop/</c>, installed from its lock file at first use.</summary>
public sealed class InteropFolder : IAsyncLifetime
{
    private readonly string folder = Find();

    public async Task InitializeAsync()
    {
        if (Directory.Exists(Path.Combine(folder, "node_modules", "@grpc", "grpc-js")))
            return;
        using var npm = Run("npm", ["ci", "--no-audit", "--no-fund"]);
        var errors = npm.StandardError.ReadToEndAsync();
        await npm.StandardOutput.ReadToEndAsync();
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, await errors);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public Process Start(string script, params string[] arguments) => Run("node", [script, .. arguments]);

    private Process Run(string command, string[] arguments) => Process.Start(
        new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static string Find()
    {
        for (var parent = new DirectoryInfo(AppContext.BaseDirectory); parent is not null; parent = parent.Parent)
        {
            var candidate = Path.Combine(parent.FullName, "tests", "Crm.Registry.Tests", "interop");
            if (Directory.Exists(candidate))
                return candidate;
        }
        throw new DirectoryNotFoundException("tests/Crm.Registry.Tests/interop is not above the test's output folder.");
    }
}
