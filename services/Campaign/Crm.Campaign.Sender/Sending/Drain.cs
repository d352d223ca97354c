namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// Keeps the process from stopping before the outcomes of what is on the wire are in the ledger: a message on the wire whose outcome is not
/// written is an unknown one. Runs before anything that the work needs is stopped.
/// </summary>
internal sealed partial class Drain(TimeProvider time, ILogger<Drain> log) : IHostedLifecycleService
{
    /// <summary>Above what the relay is given to answer a stopped batch, under what the host is given to stop.</summary>
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(14);

    private readonly Lock _gate = new();
    private readonly HashSet<TaskCompletionSource> _running = [];

    /// <summary>Work that a stop waits for, until disposed.</summary>
    public IDisposable Enter()
    {
        var work = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _running.Add(work);
        return new Leave(this, work);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        Task[] running;
        lock (_gate) running = [.. _running.Select(work => work.Task)];
        try
        {
            await Task.WhenAll(running).WaitAsync(AtMost, time, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            NotDrained(log, running.Count(work => !work.IsCompleted));
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "{Count} chunks were still being sent when the time to stop was over")]
    private static partial void NotDrained(ILogger log, int count);

    private sealed class Leave(Drain drain, TaskCompletionSource work) : IDisposable
    {
        public void Dispose()
        {
            lock (drain._gate) drain._running.Remove(work);
            work.TrySetResult();
        }
    }
}
