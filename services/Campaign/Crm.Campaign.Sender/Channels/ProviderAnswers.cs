using System.Diagnostics.Metrics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Channels.Http;
using Crm.Campaign.Sender.Sending;

namespace Crm.Campaign.Sender.Channels;

/// <summary>What providers and relays answered, as the counter <c>crm.campaign.provider.answers</c>: a send rate per provider, and its failures.</summary>
internal static class ProviderAnswers
{
    private static readonly Meter Meter = new("Crm.Campaign.Sender.Answers");
    private static readonly Counter<long> Answers = Meter.CreateCounter<long>("crm.campaign.provider.answers", description: "Messages by channel, provider and what it answered");

    public static void Expect(string channel, string provider)
    {
        foreach (var outcome in new[] { "accepted", "rejected", "deferred", "unknown", "unreachable" }) Add(channel, provider, outcome, 0);
    }

    /// <param name="outcome">Null: the provider could not be reached.</param>
    public static void Count(string channel, string provider, DeliveryOutcome? outcome) => Add(channel, provider, outcome?.GetType().Name.ToLowerInvariant() ?? "unreachable", 1);

    private static void Add(string channel, string provider, string outcome, long count) =>
        Answers.Add(count, new("channel", channel), new("provider", provider), new("outcome", outcome));
}

/// <summary>
/// Counts zeros of everything that this process may come to count, once its meters are read: a rate needs two values, so that a first failure
/// shows only if there was a zero before it.
/// </summary>
internal sealed class ExpectedAnswers(ServedChannels served, RelaySet relays, ProviderConnections providers, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() =>
        {
            foreach (var channel in served.Names)
            {
                ChunkSender.Expect(channel);
                foreach (var provider in providers.Of(channel)) ProviderAnswers.Expect(channel, provider.Name);
                if (channel != ChannelNames.Email) continue;
                foreach (var relay in relays.InOrder()) ProviderAnswers.Expect(channel, relay.Name);
            }
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
