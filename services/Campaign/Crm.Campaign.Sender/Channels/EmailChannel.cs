using System.Diagnostics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Sending;
using Crm.Campaign.Sender.Smtp;

namespace Crm.Campaign.Sender.Channels;

/// <summary>E-mail through a relay: one pipelined batch over one connection.</summary>
internal sealed partial class EmailChannel(MessageComposer composer, SmtpConnectionPool relay, ILogger<EmailChannel> log) : IDeliveryChannel
{
    private const string Provider = "smtp";

    public string Name => ChannelNames.Email;

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var outcomes = new DeliveryOutcome[claims.Count];
        var (messages, places) = (new List<SmtpMessage>(claims.Count), new List<int>(claims.Count));
        for (var place = 0; place < claims.Count; place++)
        {
            try
            {
                messages.Add(composer.Compose(campaign, claims[place]));
                places.Add(place);
            }
            catch (ArgumentException exception)
            {
                outcomes[place] = new DeliveryOutcome.Rejected("message_invalid", exception.Message);
            }
        }

        if (messages.Count == 0) return outcomes;
        try
        {
            var answers = await relay.SendBatchAsync(messages, stopping);
            foreach (var (place, answer) in places.Zip(answers)) outcomes[place] = Judge(answer);
        }
        catch (Exception exception) when (exception is SmtpConnectionException or OperationCanceledException)
        {
            // Thrown only while nothing was sent.
            RelayAway(log, exception.Message);
            foreach (var place in places) outcomes[place] = new DeliveryOutcome.Deferred(exception.Message, null, Counts: false);
        }
        finally
        {
            foreach (var message in messages) message.Dispose();
        }

        return outcomes;
    }

    private static DeliveryOutcome Judge(SmtpOutcome outcome) => outcome switch
    {
        SmtpOutcome.Accepted accepted => new DeliveryOutcome.Accepted(accepted.Reply.ToString(), Provider),
        SmtpOutcome.Rejected rejected => new DeliveryOutcome.Rejected(rejected.Stage == SmtpStage.RcptTo ? "recipient_rejected" : "rejected", rejected.Reply.ToString()),
        SmtpOutcome.Deferred { Reply: { } reply } => new DeliveryOutcome.Deferred(reply.ToString(), null, Counts: true),
        SmtpOutcome.Deferred deferred => new DeliveryOutcome.Deferred(deferred.Reason, null, Counts: false),
        SmtpOutcome.Unknown unknown => new DeliveryOutcome.Unknown(unknown.Reason),
        _ => throw new UnreachableException(),
    };

    [LoggerMessage(LogLevel.Warning, "The relay cannot be used and is tried again: {Reason}")]
    private static partial void RelayAway(ILogger log, string reason);
}
