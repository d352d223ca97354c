using System.Collections.Concurrent;
using Crm.Analytics.Persistence;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;
using Npgsql;

namespace Crm.Analytics.Consumers;

/// <summary>
/// Group commit (DeWitt et al., "Implementation techniques for main memory database systems", SIGMOD 1984) of purchase events: while one transaction
/// commits, those that come gather for the next one. Each keeps an outcome of its own: it is acknowledged after the commit it was part of, and
/// when a group fails its events are tried one by one, so that one bad event fails alone.
/// </summary>
public sealed class PurchaseGroups(IServiceScopeFactory scopes) : IDisposable
{
    public const int MostEvents = 128;

    /// <summary>An event may hold hundreds of purchases; a group ends with the one that reaches this.</summary>
    public const int MostPurchases = 1000;

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Returns after the event's effect is committed, or was before; throws what its own effect failed with.</summary>
    public async Task CommitAsync(ConsumeContext<PurchasesRecorded> context)
    {
        var mine = new Waiting(
            context.ReceiveContext.InputAddress.Segments[^1], context.MessageId ?? throw new InvalidOperationException("The message has no MessageId."), context.Headers.Get<string>("actor"), context.Message);
        _waiting.Enqueue(mine);
        await _turn.WaitAsync(context.CancellationToken);
        try
        {
            // Whoever has the turn commits for all who wait; most find that it was done for them.
            while (!mine.Done.Task.IsCompleted) await CommitNextAsync(context.CancellationToken);
        }
        finally
        {
            _turn.Release();
        }

        await mine.Done.Task;
    }

    public void Dispose() => _turn.Dispose();

    private async Task CommitNextAsync(CancellationToken cancellationToken)
    {
        var group = new List<Waiting>();
        for (var purchases = 0; purchases < MostPurchases && group.Count < MostEvents && _waiting.TryDequeue(out var next); purchases += next.Message.Purchases.Count) group.Add(next);
        try
        {
            await WriteAsync(group, cancellationToken);
            foreach (var each in group) each.Done.TrySetResult();
        }
        catch (Exception exception) when (group.Count == 1 || exception is NpgsqlException { IsTransient: true } or TimeoutException or OperationCanceledException)
        {
            foreach (var each in group) each.Done.TrySetException(exception);
        }
        catch (Exception)
        {
            foreach (var each in group) await AloneAsync(each, cancellationToken);
        }
    }

    private async Task AloneAsync(Waiting one, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync([one], cancellationToken);
            one.Done.TrySetResult();
        }
        catch (Exception exception)
        {
            one.Done.TrySetException(exception);
        }
    }

    private async Task WriteAsync(IReadOnlyList<Waiting> group, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var unitOfWork = services.GetRequiredService<UnitOfWork>();
        var fresh = (await unitOfWork.QueryAsync<Guid>(
            "INSERT INTO inbox (consumer, message_id) SELECT @consumer, id FROM unnest(@ids) AS m (id) ORDER BY id ON CONFLICT DO NOTHING RETURNING message_id",
            new { consumer = group[0].Consumer, ids = group.Select(each => each.MessageId).ToArray() },
            cancellationToken)).ToHashSet();
        // A copy in the same group finds its identifier taken out already.
        var taken = group.Where(each => fresh.Remove(each.MessageId)).ToList();
        if (taken.Count > 0)
        {
            var messages = taken.Select(each => each.Message).ToList();
            await services.GetRequiredService<EventLog>().AppendAsync(messages, cancellationToken, [.. taken.Select(each => each.Actor)]);
            var together = messages.Count == 1 ? messages[0] : messages[0] with { Purchases = [.. messages.SelectMany(message => message.Purchases)] };
            await services.GetRequiredService<Projections>().ApplyAsync(together, cancellationToken);
        }

        await unitOfWork.CommitAsync(cancellationToken);
    }

    private sealed record Waiting(string Consumer, Guid MessageId, string? Actor, PurchasesRecorded Message)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
