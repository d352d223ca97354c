namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// Connections to one relay: at most <see cref="SmtpOptions.MaxConnections"/>, reused newest first, closed after
/// <see cref="SmtpOptions.MaxMessagesPerConnection"/> messages or <see cref="SmtpOptions.IdleLifetime"/> without work.
/// One pool per relay and account.
/// </summary>
public sealed class SmtpConnectionPool : IAsyncDisposable
{
    private readonly SmtpOptions options;
    private readonly TimeProvider timeProvider;
    private readonly SemaphoreSlim slots;
    private readonly Lock gate = new();
    private readonly List<Idle> idle = [];
    private readonly ITimer sweep;
    private bool disposed;

    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public SmtpConnectionPool(SmtpOptions options, TimeProvider timeProvider)
    {
        this.options = options.EnsureValid();
        this.timeProvider = timeProvider;
        slots = new SemaphoreSlim(options.MaxConnections);
        var interval = options.IdleLifetime / 2;
        sweep = timeProvider.CreateTimer(_ => _ = CloseExpiredAsync(), null, interval, interval);
    }

    public int IdleCount
    {
        get
        {
            lock (gate) return idle.Count;
        }
    }

    /// <summary>
    /// Sends over rented connections, changing them where a connection's message limit falls inside the batch. Outcomes as
    /// of <see cref="SmtpConnection.SendBatchAsync"/>; throws only while nothing has been sent.
    /// </summary>
    /// <exception cref="SmtpConnectionException">No connection could be opened.</exception>
    public async Task<IReadOnlyList<SmtpOutcome>> SendBatchAsync(IReadOnlyList<SmtpMessage> messages, CancellationToken cancellationToken)
    {
        var outcomes = new List<SmtpOutcome>(messages.Count);
        while (outcomes.Count < messages.Count)
        {
            try
            {
                await using var lease = await RentAsync(cancellationToken);
                var count = Math.Min(messages.Count - outcomes.Count, options.MaxMessagesPerConnection - lease.Connection.MessageCount);
                outcomes.AddRange(await lease.Connection.SendBatchAsync([.. messages.Skip(outcomes.Count).Take(count)], cancellationToken));
            }
            catch (Exception e) when (outcomes.Count > 0 && e is SmtpConnectionException or OperationCanceledException or ObjectDisposedException)
            {
                var reply = (e as SmtpConnectionException)?.Reply;
                while (outcomes.Count < messages.Count) outcomes.Add(new SmtpOutcome.Deferred(reply, SmtpStage.None, e.Message));
            }
        }
        return outcomes;
    }

    /// <summary>Waits for a free slot; an idle connection is checked first, a new one opened where none answers.</summary>
    /// <exception cref="SmtpConnectionException">No connection could be opened.</exception>
    public async Task<SmtpConnectionLease> RentAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        await slots.WaitAsync(cancellationToken);
        try
        {
            while (TakeIdle() is { } candidate)
            {
                if (await IsFitAsync(candidate, cancellationToken)) return new SmtpConnectionLease(this, candidate.Connection);
                await candidate.Connection.DisposeAsync();
            }
            return new SmtpConnectionLease(this, await SmtpConnection.ConnectAsync(options, timeProvider, cancellationToken));
        }
        catch
        {
            slots.Release();
            throw;
        }
    }

    /// <summary>Closes the idle connections; those rented are closed when they come back.</summary>
    public async ValueTask DisposeAsync()
    {
        await sweep.DisposeAsync();
        List<Idle> rest;
        lock (gate)
        {
            disposed = true;
            rest = [.. idle];
            idle.Clear();
        }
        foreach (var connection in rest) await connection.Connection.DisposeAsync();
    }

    internal async ValueTask ReturnAsync(SmtpConnection connection)
    {
        try
        {
            if (!TryKeep(connection)) await connection.DisposeAsync();
        }
        finally
        {
            slots.Release();
        }
    }

    private bool TryKeep(SmtpConnection connection)
    {
        lock (gate)
        {
            if (disposed || !connection.IsUsable || connection.MessageCount >= options.MaxMessagesPerConnection) return false;
            idle.Add(new Idle(connection, timeProvider.GetTimestamp()));
            return true;
        }
    }

    private Idle? TakeIdle()
    {
        lock (gate)
        {
            if (idle.Count == 0) return null;
            var newest = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            return newest;
        }
    }

    private async ValueTask<bool> IsFitAsync(Idle candidate, CancellationToken cancellationToken)
    {
        var age = timeProvider.GetElapsedTime(candidate.Since);
        if (age >= options.IdleLifetime) return false;
        if (age < options.CheckIdleAfter) return true;
        try
        {
            return await candidate.Connection.CheckAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await candidate.Connection.DisposeAsync();
            throw;
        }
    }

    private async Task CloseExpiredAsync()
    {
        List<Idle> expired;
        lock (gate)
        {
            expired = idle.FindAll(i => timeProvider.GetElapsedTime(i.Since) >= options.IdleLifetime);
            idle.RemoveAll(expired.Contains);
        }
        foreach (var connection in expired) await connection.Connection.DisposeAsync();
    }

    private sealed record Idle(SmtpConnection Connection, long Since);
}

/// <summary>A rented connection; disposing gives it back.</summary>
public sealed class SmtpConnectionLease : IAsyncDisposable
{
    private SmtpConnectionPool? pool;

    internal SmtpConnectionLease(SmtpConnectionPool pool, SmtpConnection connection) => (this.pool, Connection) = (pool, connection);

    public SmtpConnection Connection { get; }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref pool, null) is { } owner ? owner.ReturnAsync(Connection) : ValueTask.CompletedTask;
}
