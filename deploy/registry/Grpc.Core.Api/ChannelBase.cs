using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>A connection, or several, to one target.</summary>
public abstract class ChannelBase
{
    private int shutdown;

    protected ChannelBase(string target) => Target = GrpcPreconditions.CheckNotNull(target, nameof(target));

    public string Target { get; }

    public abstract CallInvoker CreateCallInvoker();

    /// <exception cref="InvalidOperationException">The channel was shut down before.</exception>
    public Task ShutdownAsync()
    {
        GrpcPreconditions.CheckState(Interlocked.Exchange(ref shutdown, 1) == 0, "The channel was shut down already.");
        return ShutdownAsyncCore();
    }

    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
