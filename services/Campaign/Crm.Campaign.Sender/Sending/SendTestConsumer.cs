using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Smtp;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// Sends a test as mails to customers are sent: written, signed and relayed by the same parts. Taken in a transaction of its own first, so that a
/// copy of the message sends nothing; a sender that dies in between leaves the row <c>sending</c>, for people to see.
/// </summary>
public sealed class SendTestConsumer : IConsumer<SendTest>
{
    private readonly UnitOfWork _unitOfWork;
    private readonly OutgoingMail _mail;
    private readonly SmtpConnectionPool _relay;
    private readonly TrackingTokens _tokens;
    private readonly TimeProvider _time;
    private readonly Drain _drain;

    public SendTestConsumer(IServiceProvider services)
    {
        // The consumer is public for the bus to find it; what it works with is not.
        _unitOfWork = services.GetRequiredService<UnitOfWork>();
        _mail = services.GetRequiredService<OutgoingMail>();
        _relay = services.GetRequiredService<SmtpConnectionPool>();
        _tokens = services.GetRequiredService<TrackingTokens>();
        _time = services.GetRequiredService<TimeProvider>();
        _drain = services.GetRequiredService<Drain>();
    }

    public async Task Consume(ConsumeContext<SendTest> context)
    {
        using var work = _drain.Enter();
        var test = await _unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            UPDATE test_sends SET state = 'sending' WHERE id = @TestSendId AND state = 'planned'
            RETURNING id, email, name, sender_name, from_address, subject, html, body
            """,
            context.Message,
            context.CancellationToken);
        await _unitOfWork.CommitAsync(context.CancellationToken);
        if (test is null) return;

        var (state, reply) = await SendAsync(test);
        await _unitOfWork.ExecuteAsync("UPDATE test_sends SET state = @state, reply = @reply WHERE id = @Id", new { test.Id, state, reply }, CancellationToken.None);
        await _unitOfWork.CommitAsync(CancellationToken.None);
    }

    private async Task<(string State, string Reply)> SendAsync(Row test)
    {
        try
        {
            var to = new Mailbox(test.Email, test.Name);
            var message = _mail.Write(
                new MimeMessage
                {
                    From = new Mailbox(test.FromAddress, test.SenderName),
                    To = [to],
                    Subject = test.Subject,
                    Date = _time.GetUtcNow(),
                    MessageId = _tokens.MessageId(test.Id),
                    TextBody = test.Body,
                    HtmlBody = test.Html,
                },
                SmtpAddress.Parse(test.FromAddress),
                to.Address);
            var outcome = (await _relay.SendBatchAsync([message], CancellationToken.None)).Single();
            return outcome is SmtpOutcome.Accepted accepted ? ("sent", accepted.Reply.ToString()) : ("failed", outcome.ToString());
        }
        catch (Exception exception) when (exception is SmtpConnectionException or ArgumentException)
        {
            return ("failed", exception.Message);
        }
    }

    private sealed record Row(Guid Id, string Email, string Name, string SenderName, string FromAddress, string Subject, string Html, string Body);
}
