using Crm.Analytics.Persistence;
using MassTransit;

namespace Crm.Analytics.Consumers;

/// <summary>Keeps every event of a type, and projects it where analytics has a use for it, in one transaction.</summary>
public abstract class EventLogConsumer<TEvent>(EventLog log) : IConsumer<TEvent>
    where TEvent : class
{
    public virtual async Task Consume(ConsumeContext<TEvent> context)
    {
        await log.AppendAsync([context.Message], context.CancellationToken);
        await ProjectAsync(context.Message, context.CancellationToken);
    }

    protected virtual Task ProjectAsync(TEvent message, CancellationToken cancellationToken) => Task.CompletedTask;
}
