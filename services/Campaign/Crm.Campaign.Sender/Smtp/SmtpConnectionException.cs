namespace Crm.Campaign.Sender.Smtp;

public enum SmtpFailure
{
    Unreachable,
    TimedOut,
    ConnectionLost,

    /// <summary>The server answered with an error; see <see cref="SmtpConnectionException.Reply"/>.</summary>
    Refused,
    ProtocolViolation,
    TlsFailed,
    AuthenticationFailed,
}

/// <summary>The connection cannot be opened or is of no use any more.</summary>
public sealed class SmtpConnectionException(SmtpFailure failure, string message, SmtpReply? reply = null, Exception? inner = null)
    : Exception(reply is null ? message : $"{message}: {reply}", inner)
{
    public SmtpFailure Failure { get; } = failure;

    public SmtpReply? Reply { get; } = reply;

    /// <summary>A later attempt may succeed without anyone changing the configuration.</summary>
    public bool IsTransient => Reply?.IsTransient ?? Failure is SmtpFailure.Unreachable or SmtpFailure.TimedOut or SmtpFailure.ConnectionLost;
}
