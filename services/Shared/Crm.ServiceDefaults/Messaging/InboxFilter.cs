using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>
/// On a message whose consumer works for minutes and keeps its own record of what is done: no transaction is held around it, and a copy
/// that comes again is its own to recognise.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class WithoutInboxAttribute : Attribute;

/// <summary>Registered by a service whose consumer of this message writes the inbox itself, in a transaction that it shares with other messages.</summary>
public sealed class OwnInbox<T>;

/// <summary>
/// Makes every consumer's effect happen once: the message's id and the effect are one transaction; a copy that comes again finds the
/// row and is acknowledged without effect. The acknowledgement follows the commit.
/// </summary>
public sealed class InboxFilter<T>(UnitOfWork unitOfWork, OwnInbox<T>? own = null) : IFilter<ConsumeContext<T>>
    where T : class
{
    private static readonly bool WithoutInbox = typeof(T).IsDefined(typeof(WithoutInboxAttribute), inherit: false);

    public Task Send(ConsumeContext<T> context, IPipe<ConsumeContext<T>> next) => WithoutInbox || own is not null ? next.Send(context) : OnceAsync(context, next);

    public void Probe(ProbeContext context) => context.CreateFilterScope("inbox");

    private async Task OnceAsync(ConsumeContext<T> context, IPipe<ConsumeContext<T>> next)
    {
        var consumer = context.ReceiveContext.InputAddress.Segments[^1];
        var messageId = context.MessageId ?? throw new InvalidOperationException("The message has no MessageId.");
        var first = await unitOfWork.ExecuteAsync(
            "INSERT INTO inbox (consumer, message_id) VALUES (@consumer, @messageId) ON CONFLICT DO NOTHING",
            new { consumer, messageId },
            context.CancellationToken);
        if (first == 0)
        {
            // Handled before: said so, or MassTransit would take it for a message that nobody wants and keep it in the _skipped queue.
            await context.NotifyConsumed(context, TimeSpan.Zero, "inbox");
            return;
        }

        await next.Send(context);
        await unitOfWork.CommitAsync(context.CancellationToken);
    }
}
