using System.Diagnostics.Metrics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Sending;
using HandlebarsDotNet;

namespace Crm.Campaign.Sender.Channels.Http;

/// <summary>
/// A channel whose providers take messages by HTTP, one request each, several at the same time. While a provider cannot be reached the
/// channel's next one is asked; one that may have taken the message is never asked about it behind another's back.
/// </summary>
internal abstract class HttpChannel(string name, ProviderConnections connections, MessageComposer composer) : IDeliveryChannel
{
    private static readonly Meter Meter = new("Crm.Campaign.Sender.Providers");
    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>("crm.campaign.provider.duration", "s", "Time to a provider's answer, by channel, provider and outcome");
    private readonly IReadOnlyList<HttpProvider> _providers = connections.Of(name);

    public string Name => name;

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var outcomes = new DeliveryOutcome[claims.Count];
        if (_providers.Count == 0)
        {
            Array.Fill(outcomes, new DeliveryOutcome.Deferred($"No provider of {Name} is configured (Providers:NAME:Channel).", TimeSpan.FromMinutes(1), Counts: false));
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
        if (stopping.IsCancellationRequested) return new DeliveryOutcome.Deferred("The sender stops.", TimeSpan.Zero, Counts: false);
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

        DeliveryOutcome.Deferred? unreachable = null;
        foreach (var provider in _providers)
        {
            var started = TimeProvider.System.GetTimestamp();
            var outcome = await provider.SendAsync(message, stopping);
            Durations.Record(
                TimeProvider.System.GetElapsedTime(started).TotalSeconds,
                new("channel", Name), new("provider", provider.Name), new("outcome", outcome?.GetType().Name.ToLowerInvariant() ?? "unreachable"));
            if (outcome is not null) return outcome;
            unreachable ??= provider.Unreachable();
        }

        return unreachable!;
    }
}

internal sealed class SmsChannel(ProviderConnections connections, MessageComposer composer) : HttpChannel(ChannelNames.Sms, connections, composer)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.Phone;
}

/// <summary>
/// Messages by approved template, in the shape that the Cloud API made usual: the text's title names the provider's template, each of its
/// lines is a parameter.
/// </summary>
internal sealed class WhatsAppChannel(ProviderConnections connections, MessageComposer composer) : HttpChannel(ChannelNames.WhatsApp, connections, composer)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.Phone?.TrimStart('+');
}

/// <summary>The provider knows the customer's devices; it is told whom, not where.</summary>
internal sealed class PushChannel(ProviderConnections connections, MessageComposer composer) : HttpChannel(ChannelNames.Push, connections, composer)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.CustomerId.ToString();
}

/// <summary>Tells another system about each recipient, signed.</summary>
internal sealed class WebhookChannel(ProviderConnections connections, MessageComposer composer) : HttpChannel(ChannelNames.Webhook, connections, composer)
{
    protected override string? AddressOf(Claim claim) => claim.Recipient.CustomerId.ToString();
}
