using System.Diagnostics.Metrics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.RateLimits;
using Crm.Campaign.Sender.Sending;
using HandlebarsDotNet;

namespace Crm.Campaign.Sender.Channels.Http;

/// <summary>
/// A channel whose providers take messages by HTTP, one request each, several at the same time. While a provider cannot be reached the
/// channel's next one is asked; one that may have taken the message is never asked about it behind another's back.
/// </summary>
internal abstract class HttpChannel(string name, ProviderConnections connections, MessageComposer composer, RateLimiter rates, TimeProvider time) : IDeliveryChannel
{
    /// <summary>How long a message waits for its provider's rate before it is put back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(10);
    private static readonly Meter Meter = new("Crm.Campaign.Sender.Providers");
    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>("crm.campaign.provider.duration", "s", "Time to a provider's answer, by channel, provider and outcome");
    private static readonly DeliveryOutcome.Deferred Stopping = new("The sender stops.", TimeSpan.Zero, Counts: false);
    private readonly IReadOnlyList<HttpProvider> _providers = connections.Of(name);

    public string Name => name;

    /// <summary>As many as the first provider's rate allows now.</summary>
    public async Task<int> ReadyAsync(int wanted, CancellationToken stopping)
    {
        if (_providers.Count == 0) return wanted;
        var grant = await rates.TakeForProviderAsync(_providers[0].Name, wanted, stopping);
        if (grant.Granted > 0) rates.GiveBackToProvider(_providers[0].Name, grant.Granted);
        else await Task.Delay(Clamp(grant.Wait), time, stopping);
        return grant.Granted;
    }

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var outcomes = new DeliveryOutcome[claims.Count];
        if (_providers.Count == 0)
        {
            Array.Fill(outcomes, new DeliveryOutcome.Deferred($"No provider of {Name} is configured (Providers:NAME:Channel).", null, Counts: false));
            return outcomes;
        }

        await Parallel.ForAsync(
            0, claims.Count, new ParallelOptions { MaxDegreeOfParallelism = _providers.Max(provider => provider.Concurrency) },
            async (place, _) => outcomes[place] = await SendAsync(campaign, claims[place], stopping));
        return outcomes;
    }

    /// <summary>Whom the provider shall reach; null where the customer has no address on this channel.</summary>
    protected abstract string? AddressOf(Claim claim);

    private async Task<DeliveryOutcome> SendAsync(SendingCampaign campaign, Claim claim, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested) return Stopping;
        if (AddressOf(claim) is not { } address) return new DeliveryOutcome.Rejected("no_address", "The customer has no address on this channel.");

        ProviderMessage message;
        try
        {
            var (rendered, link) = composer.Render(campaign, claim);
            message = new ProviderMessage(
                address, campaign.FromAddress, rendered.Subject, rendered.Text.Trim(), link, claim.Language, claim.DeliveryId, campaign.Id, claim.Recipient.CustomerId);
        }
        catch (Exception exception) when (exception is ArgumentException or HandlebarsException)
        {
            return new DeliveryOutcome.Rejected("message_invalid", exception.Message);
        }

        try
        {
            return await OfferAsync(message, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // While it waited for its turn: a request that was begun is not cancelled by a stop.
            return Stopping;
        }
    }

    private async Task<DeliveryOutcome> OfferAsync(ProviderMessage message, CancellationToken stopping)
    {
        foreach (var provider in _providers)
        {
            if (await WaitForRateAsync(provider, stopping) is { } wait) return new DeliveryOutcome.Deferred($"The rate of {provider.Name} is used up.", wait, Counts: false);
            var started = time.GetTimestamp();
            var outcome = await provider.SendAsync(message, stopping);
            Durations.Record(
                time.GetElapsedTime(started).TotalSeconds,
                new("channel", Name), new("provider", provider.Name), new("outcome", outcome?.GetType().Name.ToLowerInvariant() ?? "unreachable"));
            ProviderAnswers.Count(Name, provider.Name, outcome);
            if (outcome is not null) return outcome;
        }

        return new DeliveryOutcome.Deferred($"No provider of {Name} can be reached.", null, Counts: false);
    }

    /// <summary>Null: the message may go. Else its provider has no room for it in the next seconds.</summary>
    private async Task<TimeSpan?> WaitForRateAsync(HttpProvider provider, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var grant = await rates.TakeForProviderAsync(provider.Name, 1, stopping);
            if (grant.Granted > 0) return null;
            if (time.GetElapsedTime(started) + grant.Wait > Patience) return grant.Wait;
            await Task.Delay(Clamp(grant.Wait), time, stopping);
        }
    }

    private static TimeSpan Clamp(TimeSpan wait) => wait < Least ? Least : wait > Patience ? Patience : wait;
}

internal sealed class SmsChannel(ProviderConnections connections, MessageComposer composer, RateLimiter rates, TimeProvider time)
    : HttpChannel(ChannelNames.Sms, connections, composer, rates, time)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.Phone;
}

/// <summary>
/// Messages by approved template, in the shape that the Cloud API made usual: the text's title names the provider's template, each of its
/// lines is a parameter.
/// </summary>
internal sealed class WhatsAppChannel(ProviderConnections connections, MessageComposer composer, RateLimiter rates, TimeProvider time)
    : HttpChannel(ChannelNames.WhatsApp, connections, composer, rates, time)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.Phone?.TrimStart('+');
}

/// <summary>The provider knows the customer's devices; it is told whom, not where.</summary>
internal sealed class PushChannel(ProviderConnections connections, MessageComposer composer, RateLimiter rates, TimeProvider time)
    : HttpChannel(ChannelNames.Push, connections, composer, rates, time)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.CustomerId.ToString();
}

/// <summary>Tells another system about each recipient, signed.</summary>
internal sealed class WebhookChannel(ProviderConnections connections, MessageComposer composer, RateLimiter rates, TimeProvider time)
    : HttpChannel(ChannelNames.Webhook, connections, composer, rates, time)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.CustomerId.ToString();
}
