using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>
/// On a message whose consumer works for minutes and keeps its own record of what is done: no transaction is held around it, and a copy
/// that comes again is its own to recognise.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class WithoutInboxAttribute : Attribute;

/// <summary>
/// Makes every consumer's effect happen once: the message's id and the effect are one transaction; a copy that comes again finds the
/// row and is acknowledged without effect. The acknowledgement follows the commit.
/// </summary>
public sealed class InboxFilter<T>(UnitOfWork unitOfWork) : IFilter<ConsumeContext<T>>
    where T : class
{
    private static readonly bool WithoutInbox = typeof(T).IsDefined(typeof(WithoutInboxAttribute), inherit: false);

    public async Task Send(ConsumeContext<T> context, IPipe<ConsumeContext<T>> next)
    {
        if (WithoutInbox)
        {
            await next.Send(context);
            return;
        }

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

    public void Probe(ProbeContext context) => context.CreateFilterScope("inbox");
}
