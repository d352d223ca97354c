using System.Diagnostics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.RateLimits;
using Crm.Campaign.Sender.Sending;
using Crm.Campaign.Sender.Smtp;

namespace Crm.Campaign.Sender.Channels;

/// <summary>
/// E-mail: one pipelined batch over one connection to a relay; what certainly did not get through goes to the next relay in the same breath.
/// </summary>
internal sealed partial class EmailChannel(MessageComposer composer, RelaySet relays, RateLimiter rates, TimeProvider time, ILogger<EmailChannel> log) : IDeliveryChannel
{
    /// <summary>How long a micro-batch waits for a relay's rate before it is put back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Messages are composed and sent that much at a time: what a slot holds in memory does not grow with the size of the mails.</summary>
    private const int MostOctets = 1 << 18;

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(10);

    public string Name => ChannelNames.Email;

    /// <summary>As many as the first relay's rate allows now.</summary>
    public async Task<int> ReadyAsync(int wanted, CancellationToken stopping)
    {
        var relay = relays.InOrder()[0].Name;
        var grant = await rates.TakeForProviderAsync(relay, wanted, stopping);
        if (grant.Granted > 0) rates.GiveBackToProvider(relay, grant.Granted);
        else await Task.Delay(Clamp(grant.Wait), time, stopping);
        return grant.Granted;
    }

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var outcomes = new DeliveryOutcome?[claims.Count];
        await LimitDomainsAsync(claims, outcomes, stopping);
        var (next, reason, messages) = (0, "No relay can be used now.", new Dictionary<int, SmtpMessage>(claims.Count));
        while (next < claims.Count && messages.Count == 0 && !stopping.IsCancellationRequested)
        {
            var composed = new List<SmtpMessage>(claims.Count);
            try
            {
                next = Compose(campaign, claims, next, composed, messages, outcomes);
                foreach (var relay in relays.InOrder())
                {
                    if (messages.Count == 0 || stopping.IsCancellationRequested) break;
                    if (relays.MayTry(relay)) reason = await TryAsync(relay, messages, outcomes, stopping) ?? reason;
                }
            }
            finally
            {
                foreach (var message in composed) message.Dispose();
            }
        }

        // What is left was not judged by anybody.
        for (var place = 0; place < claims.Count; place++) outcomes[place] ??= new DeliveryOutcome.Deferred(reason, null, Counts: false);
        return outcomes!;
    }

    /// <summary>From the place given, until <see cref="MostOctets"/> are reached; returns the first place that was not composed.</summary>
    private int Compose(
        SendingCampaign campaign, IReadOnlyList<Claim> claims, int place, List<SmtpMessage> composed, Dictionary<int, SmtpMessage> messages, DeliveryOutcome?[] outcomes)
    {
        for (var octets = 0; place < claims.Count && octets < MostOctets; place++)
        {
            if (outcomes[place] is not null) continue;
            try
            {
                composed.Add(composer.Compose(campaign, claims[place]));
                messages.Add(place, composed[^1]);
                octets += composed[^1].Content.Length;
            }
            catch (ArgumentException exception)
            {
                outcomes[place] = new DeliveryOutcome.Rejected("message_invalid", exception.Message);
            }
        }

        return place;
    }

    /// <summary>Takes out of the messages those that the relay judged, or may have taken. The reason, where some are left.</summary>
    private async Task<string?> TryAsync(Relay relay, Dictionary<int, SmtpMessage> messages, DeliveryOutcome?[] outcomes, CancellationToken stopping)
    {
        try
        {
            await LimitProviderAsync(relay, messages, outcomes, stopping);
            if (messages.Count == 0) return null;
            var places = messages.Keys.Order().ToArray();
            var answers = await relay.Pool.SendBatchAsync([.. places.Select(place => messages[place])], stopping);
            string? broken = null;
            foreach (var (place, answer) in places.Zip(answers))
            {
                var judged = Judge(answer, relay);
                ProviderAnswers.Count(Name, relay.Name, judged);
                if (judged is { } outcome)
                {
                    outcomes[place] = outcome;
                    messages.Remove(place);
                }
                else
                {
                    broken ??= ((SmtpOutcome.Deferred)answer).Reason;
                }
            }

            if (broken is null || stopping.IsCancellationRequested) relay.Answered(); else Failed(relay, broken);
            return broken;
        }
        catch (Exception exception) when (exception is SmtpConnectionException or OperationCanceledException)
        {
            // Thrown only while nothing was sent.
            if (!stopping.IsCancellationRequested) Failed(relay, exception.Message);
            return exception.Message;
        }
    }

    /// <summary>Null: the relay said nothing about this message, and certainly did not take it.</summary>
    private static DeliveryOutcome? Judge(SmtpOutcome outcome, Relay relay) => outcome switch
    {
        SmtpOutcome.Accepted accepted => new DeliveryOutcome.Accepted(accepted.Reply.ToString(), relay.Name),
        SmtpOutcome.Rejected rejected => new DeliveryOutcome.Rejected(rejected.Stage == SmtpStage.RcptTo ? "recipient_rejected" : "rejected", rejected.Reply.ToString()),
        SmtpOutcome.Deferred { Reply: null or { IsClosing: true } } => null,
        SmtpOutcome.Deferred deferred => new DeliveryOutcome.Deferred(deferred.Reply.ToString(), null, Counts: true),
        SmtpOutcome.Unknown unknown => new DeliveryOutcome.Unknown(unknown.Reason),
        _ => throw new UnreachableException(),
    };

    private async Task LimitDomainsAsync(IReadOnlyList<Claim> claims, DeliveryOutcome?[] outcomes, CancellationToken stopping)
    {
        if (!rates.LimitsDomains) return;
        foreach (var domain in Enumerable.Range(0, claims.Count).GroupBy(place => DomainOf(claims[place].Recipient.Email), StringComparer.OrdinalIgnoreCase))
        {
            var grant = await rates.TakeForDomainAsync(domain.Key, domain.Count(), stopping);
            foreach (var place in domain.Skip(grant.Granted)) outcomes[place] = new DeliveryOutcome.Deferred($"The rate of {domain.Key} is used up.", grant.Wait, Counts: false);
        }
    }

    /// <summary>Waits a little for the relay's tokens; what gets none in that time is put back.</summary>
    private async Task LimitProviderAsync(Relay relay, Dictionary<int, SmtpMessage> messages, DeliveryOutcome?[] outcomes, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        var granted = 0;
        while (true)
        {
            var grant = await rates.TakeForProviderAsync(relay.Name, messages.Count - granted, stopping);
            granted += grant.Granted;
            if (granted == messages.Count) return;
            if (time.GetElapsedTime(started) + grant.Wait > Patience)
            {
                foreach (var place in messages.Keys.Order().Skip(granted).ToArray())
                {
                    outcomes[place] = new DeliveryOutcome.Deferred($"The rate of {relay.Name} is used up.", grant.Wait, Counts: false);
                    messages.Remove(place);
                }

                return;
            }

            await Task.Delay(Clamp(grant.Wait), time, stopping);
        }
    }

    private static TimeSpan Clamp(TimeSpan wait) => wait < Least ? Least : wait > Patience ? Patience : wait;

    private static string DomainOf(string? email) => email is null ? "" : email[(email.LastIndexOf('@') + 1)..];

    private void Failed(Relay relay, string reason)
    {
        RelayFailed(log, relay.Name, reason);
        if (relay.Failed()) RelayGivenUp(log, relay.Name);
    }

    [LoggerMessage(LogLevel.Warning, "Relay {Relay} failed: {Reason}")]
    private static partial void RelayFailed(ILogger log, string relay, string reason);

    [LoggerMessage(LogLevel.Warning, "Relay {Relay} failed too often in a row and is left alone for a while")]
    private static partial void RelayGivenUp(ILogger log, string relay);
}
