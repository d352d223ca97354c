namespace Grpc.Core;

/// <summary>What a client asks of one call. Immutable: each <c>With</c> method returns a changed copy.</summary>
public readonly struct CallOptions
{
    /// <param name="headers">Sent with the call.</param>
    /// <param name="deadline">UTC; none means the call may take for ever.</param>
    /// <param name="cancellationToken">Ends the call with the status Cancelled.</param>
    /// <param name="writeOptions">For the request message or messages.</param>
    /// <param name="propagationToken">Deadline and cancellation of the server call that this call serves.</param>
    /// <param name="credentials">Per-call credentials; they need a secure channel.</param>
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    public Metadata? Headers { get; private init; }

    public DateTime? Deadline { get; private init; }

    public CancellationToken CancellationToken { get; private init; }

    public WriteOptions? WriteOptions { get; private init; }

    public ContextPropagationToken? PropagationToken { get; private init; }

    public CallCredentials? Credentials { get; private init; }

    /// <summary>A call waits for a connection in place of failing at once while the server is unreachable.</summary>
    public bool IsWaitForReady { get; private init; }

    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    public CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
