using System.Buffers;
using System.Globalization;
using static Crm.Campaign.Sender.Smtp.SmtpOutcome;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// One run of mail transactions over one connection. With PIPELINING (RFC 2920) a group is the content of message n
/// followed by MAIL, RCPT and DATA of message n+1 in one write, so a message costs one round trip; without it each
/// command waits for its reply. Every reply is read and judged; at the end the connection is ready for another batch.
/// </summary>
internal sealed class SmtpBatch(SmtpTransport transport, SmtpCapabilities capabilities, SmtpTimeouts timeouts, IReadOnlyList<SmtpMessage> messages)
{
    private const int NoMessage = -1;
    private const int FlushThreshold = 64 * 1024;

    private readonly SmtpOutcome?[] outcomes = new SmtpOutcome?[messages.Count];
    private int next;

    // The message whose DATA was answered 354, so that the server waits for its content.
    private int awaitingContent = NoMessage;

    // Its envelope was offered and not yet refused.
    private int offered = NoMessage;

    // The final dot of awaitingContent may have left this machine.
    private bool finalDotWritten;

    // A refused transaction is to be cleared; if its DATA was answered 354 all the same, a lone dot must end it first.
    private bool resetDue;
    private bool loneDotDue;

    /// <summary>One outcome per message, in order. Never throws for what the server or the network does.</summary>
    public async Task<IReadOnlyList<SmtpOutcome>> RunAsync(CancellationToken cancellationToken)
    {
        var reason = "The batch was cancelled before this message";
        try
        {
            while (await RunGroupAsync(cancellationToken))
            {
            }
        }
        catch (SmtpConnectionException e)
        {
            reason = e.Message;
            Settle(e);
            // What was never offered: a 421 says when to come back, anything else says nothing about it.
            for (var i = 0; i < outcomes.Length; i++) outcomes[i] ??= new Deferred(Closing(e), SmtpStage.None, reason);
        }
        for (var i = 0; i < outcomes.Length; i++) outcomes[i] ??= new Deferred(null, SmtpStage.None, reason);
        return outcomes!;
    }

    private async Task<bool> RunGroupAsync(CancellationToken cancellationToken)
    {
        var content = awaitingContent;
        var (loneDot, reset) = (loneDotDue, resetDue);
        offered = content == NoMessage || capabilities.Pipelining ? NextToOffer(cancellationToken) : NoMessage;
        if (content == NoMessage && offered == NoMessage && !loneDot && !reset) return false;
        if (transport.HasUnreadInput) throw transport.Break(SmtpFailure.ProtocolViolation, "The server sent a reply to no command");

        if (content != NoMessage) await WriteContentAsync(messages[content]);
        if (loneDot) transport.Output.Write(DotStuffing.Terminator);
        if (!capabilities.Pipelining)
        {
            await RunStepwiseAsync(content, loneDot, reset);
            return true;
        }

        if (reset) transport.Append("RSET\r\n");
        if (offered != NoMessage) transport.Append(MailCommand(messages[offered]) + RcptCommand(messages[offered]) + "DATA\r\n");
        finalDotWritten = content != NoMessage;
        await transport.FlushAsync(timeouts.DataBlock);

        await ReadClosingRepliesAsync(content, loneDot, reset);
        if (offered != NoMessage)
        {
            Judge(await transport.ReadReplyAsync(timeouts.Command), SmtpStage.MailFrom);
            Judge(await transport.ReadReplyAsync(timeouts.Command), SmtpStage.RcptTo);
            JudgeData(await transport.ReadReplyAsync(timeouts.DataInitiation));
        }
        return true;
    }

    private async Task RunStepwiseAsync(int content, bool loneDot, bool reset)
    {
        finalDotWritten = content != NoMessage;
        if (content != NoMessage || loneDot)
        {
            await transport.FlushAsync(timeouts.DataBlock);
            await ReadClosingRepliesAsync(content, loneDot, reset: false);
        }
        if (reset)
        {
            transport.Append("RSET\r\n");
            await transport.FlushAsync(timeouts.Command);
            await ReadClosingRepliesAsync(NoMessage, loneDot: false, reset: true);
        }
        if (offered == NoMessage) return;

        transport.Append(MailCommand(messages[offered]));
        await transport.FlushAsync(timeouts.Command);
        Judge(await transport.ReadReplyAsync(timeouts.Command), SmtpStage.MailFrom);
        if (outcomes[offered] is not null) return;

        transport.Append(RcptCommand(messages[offered]));
        await transport.FlushAsync(timeouts.Command);
        Judge(await transport.ReadReplyAsync(timeouts.Command), SmtpStage.RcptTo);
        if (outcomes[offered] is not null) return;

        transport.Append("DATA\r\n");
        await transport.FlushAsync(timeouts.Command);
        JudgeData(await transport.ReadReplyAsync(timeouts.DataInitiation));
    }

    private int NextToOffer(CancellationToken cancellationToken)
    {
        while (next < messages.Count && !cancellationToken.IsCancellationRequested)
        {
            var index = next++;
            if (LocalRefusal(messages[index]) is not { } refusal) return index;
            outcomes[index] = refusal;
        }
        return NoMessage;
    }

    /// <summary>What the server has said it will not take is not offered to it.</summary>
    private Rejected? LocalRefusal(SmtpMessage message)
    {
        if (message.Content.Length > capabilities.MaxMessageSize)
            return Refusal(552, "5.3.4", "The message is larger than the server takes");
        if (message.RequiresSmtpUtf8 && !capabilities.SmtpUtf8)
            return Refusal(550, "5.6.7", "The server does not take non-ASCII addresses");
        if (message.IsEightBit && !capabilities.EightBitMime)
            return Refusal(554, "5.6.3", "The server does not take 8-bit content");
        return null;

        static Rejected Refusal(int code, string enhancedCode, string text) =>
            new(new SmtpReply(code, enhancedCode, [$"{enhancedCode} {text} (not offered)"]), SmtpStage.None);
    }

    private async ValueTask WriteContentAsync(SmtpMessage message)
    {
        var rest = message.Content;
        while (true)
        {
            rest = DotStuffing.Write(rest, transport.Output, FlushThreshold);
            if (rest.IsEmpty) break;
            await transport.FlushAsync(timeouts.DataBlock);
        }
        transport.Output.Write(DotStuffing.Terminator);
    }

    private async ValueTask ReadClosingRepliesAsync(int content, bool loneDot, bool reset)
    {
        if (content != NoMessage)
        {
            var reply = await transport.ReadReplyAsync(timeouts.DataTermination);
            // A 3xx here answers nothing that was asked: leave the message undecided.
            if (reply.Code < 400 && !reply.IsPositive) throw transport.Break(SmtpFailure.ProtocolViolation, $"Unexpected reply to the end of data: {reply}");
            outcomes[content] = reply.IsPositive ? new Accepted(reply) : Failure(reply, SmtpStage.EndOfData);
            awaitingContent = NoMessage;
            finalDotWritten = false;
        }
        if (loneDot)
        {
            await transport.ReadReplyAsync(timeouts.DataTermination);
            loneDotDue = false;
        }
        if (reset)
        {
            var reply = await transport.ReadReplyAsync(timeouts.Command);
            if (!reply.IsPositive) throw transport.Break(SmtpFailure.ProtocolViolation, "The server refused RSET", reply);
            resetDue = false;
        }
    }

    /// <summary>The first failing reply decides; the ones to the commands pipelined behind it only follow from it.</summary>
    private void Judge(SmtpReply reply, SmtpStage stage)
    {
        if (reply.IsPositive || outcomes[offered] is not null) return;
        if (reply.Code < 400) throw transport.Break(SmtpFailure.ProtocolViolation, $"Unexpected reply at {stage}: {reply}");
        outcomes[offered] = Failure(reply, stage);
        resetDue = true;
    }

    private void JudgeData(SmtpReply reply)
    {
        if (reply.Code == 354)
        {
            if (outcomes[offered] is null) awaitingContent = offered;
            else loneDotDue = true;
        }
        else if (outcomes[offered] is null)
        {
            if (reply.Code < 400) throw transport.Break(SmtpFailure.ProtocolViolation, $"Unexpected reply to DATA: {reply}");
            outcomes[offered] = Failure(reply, SmtpStage.Data);
            resetDue = true;
        }
        offered = NoMessage;
    }

    private static SmtpOutcome Failure(SmtpReply reply, SmtpStage stage) =>
        reply.IsPermanent ? new Rejected(reply, stage) : new Deferred(reply, stage, reply.ToString());

    /// <summary>The connection is gone: what does that say about the messages in flight?</summary>
    private void Settle(SmtpConnectionException e)
    {
        if (awaitingContent != NoMessage)
        {
            // 421 in answer to the final dot is still an answer: the server did not take the message.
            outcomes[awaitingContent] ??= Closing(e) is { } reply ? new Deferred(reply, SmtpStage.EndOfData, e.Message)
                : finalDotWritten ? new Unknown(e.Message)
                : new Deferred(null, SmtpStage.Data, e.Message);
        }
        if (offered != NoMessage) outcomes[offered] ??= new Deferred(Closing(e), SmtpStage.None, e.Message);
    }

    private static SmtpReply? Closing(SmtpConnectionException e) => e.Reply is { IsClosing: true } ? e.Reply : null;

    private string MailCommand(SmtpMessage message)
    {
        var size = capabilities.Size ? string.Create(CultureInfo.InvariantCulture, $" SIZE={message.Content.Length}") : "";
        var body = message.IsEightBit ? " BODY=8BITMIME" : "";
        var utf8 = message.RequiresSmtpUtf8 ? " SMTPUTF8" : "";
        return $"MAIL FROM:<{message.Sender}>{size}{body}{utf8}\r\n";
    }

    private static string RcptCommand(SmtpMessage message) => $"RCPT TO:<{message.Recipient}>\r\n";
}
