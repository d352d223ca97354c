using System.Diagnostics;
using System.IO.Pipelines;

namespace Pipelines.Sockets.Unofficial;

/// <summary>
/// Runs pipe callbacks on a few threads of its own, so that they do not wait behind a starved thread pool. When more
/// than a given number of callbacks wait, further ones go to the thread pool after all.
/// </summary>
public sealed class DedicatedThreadPoolPipeScheduler : PipeScheduler, IDisposable
{
    [ThreadStatic]
    private static DedicatedThreadPoolPipeScheduler? current;

    private readonly Queue<(Action<object?> Action, object? State)> queue = new();
    private readonly int maxQueueLength;
    private readonly string name;
    private int idle;
    private long servicedByQueue;
    private long servicedByPool;
    private bool disposed;

    /// <param name="name">Name of the threads.</param>
    /// <param name="workerCount">Number of threads.</param>
    /// <param name="useThreadPoolQueueLength">Callbacks that may wait before the thread pool helps.</param>
    /// <param name="priority">Of the threads.</param>
    public DedicatedThreadPoolPipeScheduler(
        string? name = null,
        int workerCount = 5,
        int useThreadPoolQueueLength = 10,
        ThreadPriority priority = ThreadPriority.Normal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(workerCount);
        this.name = string.IsNullOrWhiteSpace(name) ? nameof(DedicatedThreadPoolPipeScheduler) : name.Trim();
        WorkerCount = workerCount;
        maxQueueLength = useThreadPoolQueueLength;
        for (var i = 0; i < workerCount; i++)
            new Thread(Work) { IsBackground = true, Priority = priority, Name = $"{this.name}:{i}" }.Start();
    }

    public static DedicatedThreadPoolPipeScheduler Default { get; } = new(nameof(Default));

    public int WorkerCount { get; }

    public long TotalServicedByQueue => Volatile.Read(ref servicedByQueue);

    public long TotalServicedByPool => Volatile.Read(ref servicedByPool);

    /// <summary>Threads without work at this moment.</summary>
    public int AvailableCount => Volatile.Read(ref idle);

    /// <summary>Whether the calling thread belongs to the scheduler; to any when none is given.</summary>
    public static bool IsWorker(DedicatedThreadPoolPipeScheduler? pool = null) => current is not null && (pool is null || current == pool);

    public override string ToString() => name;

    public override void Schedule(Action<object?> action, object? state)
    {
        if (!TryEnqueue(action, state))
            SchedulePooled(action, state);
    }

    /// <summary>Ends the threads; callbacks that still wait move to the thread pool.</summary>
    public void Dispose()
    {
        (Action<object?> Action, object? State)[] waiting;
        lock (queue)
        {
            if (disposed)
                return;
            disposed = true;
            waiting = [.. queue];
            queue.Clear();
            Monitor.PulseAll(queue);
        }
        foreach (var (action, state) in waiting)
            SchedulePooled(action, state);
    }

    private bool TryEnqueue(Action<object?> action, object? state)
    {
        lock (queue)
        {
            if (disposed || WorkerCount == 0 || queue.Count >= maxQueueLength)
                return false;
            queue.Enqueue((action, state));
            if (idle > 0)
                Monitor.Pulse(queue);
            return true;
        }
    }

    private void SchedulePooled(Action<object?> action, object? state)
    {
        Interlocked.Increment(ref servicedByPool);
        ThreadPool.Schedule(action, state);
    }

    private void Work()
    {
        current = this;
        while (TryTake(out var action, out var state))
        {
            try
            {
                action(state);
            }
            catch (Exception ex)
            {
                // One bad callback must not take away a thread that all connections share.
                Trace.TraceError("{0}: a scheduled callback failed: {1}", name, ex);
            }
        }
    }

    private bool TryTake(out Action<object?> action, out object? state)
    {
        lock (queue)
        {
            while (queue.Count == 0 && !disposed)
            {
                idle++;
                Monitor.Wait(queue);
                idle--;
            }
            if (disposed)
            {
                (action, state) = (static _ => { }, null);
                return false;
            }
            (action, state) = queue.Dequeue();
            servicedByQueue++;
            return true;
        }
    }
}
