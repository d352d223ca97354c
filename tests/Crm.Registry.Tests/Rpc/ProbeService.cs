using System.Collections.Concurrent;
using Grpc.Core;

namespace Crm.Registry.Tests.Rpc;

/// <summary>The server side of the probe, on the official server.</summary>
public sealed class ProbeService(ProbeRecord record) : Probe.ProbeBase
{
    public override async Task<ProbeMessage> Echo(ProbeMessage request, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync(new Metadata { { "probe-seen", context.RequestHeaders.GetValue("probe-text") ?? "" } });
        if (context.RequestHeaders.GetValueBytes("probe-bin") is { } bytes)
            context.ResponseTrailers.Add("probe-bin", bytes);
        return request;
    }

    public override async Task Count(ProbeMessage request, IServerStreamWriter<ProbeMessage> responseStream, ServerCallContext context)
    {
        for (var number = 1; number <= request.Number; number++)
            await responseStream.WriteAsync(new ProbeMessage { Number = number }, context.CancellationToken);
    }

    public override async Task<ProbeMessage> Sum(IAsyncStreamReader<ProbeMessage> requestStream, ServerCallContext context)
    {
        var sum = 0;
        while (await requestStream.MoveNext())
            sum += requestStream.Current.Number;
        return new ProbeMessage { Number = sum };
    }

    public override async Task Chat(
        IAsyncStreamReader<ProbeMessage> requestStream, IServerStreamWriter<ProbeMessage> responseStream, ServerCallContext context)
    {
        await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken))
            await responseStream.WriteAsync(new ProbeMessage { Number = message.Number * 10 });
    }

    public override Task<ProbeMessage> Fail(ProbeMessage request, ServerCallContext context) =>
        throw new RpcException(
            new Status(StatusCode.FailedPrecondition, $"refused: {request.Text}"),
            new Metadata { { "probe-reason", request.Text }, { "probe-bin", [0, 255] } });

    public override async Task<ProbeMessage> Wait(ProbeMessage request, ServerCallContext context)
    {
        var deadline = context.Deadline;
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            record.Cancelled[request.Text] = deadline;
            throw;
        }
        return request;
    }
}

/// <summary>What the server saw.</summary>
public sealed class ProbeRecord
{
    /// <summary>Calls whose cancellation reached the server, with their deadline.</summary>
    public ConcurrentDictionary<string, DateTime> Cancelled { get; } = new();

    public ConcurrentQueue<string> Intercepted { get; } = new();
}
