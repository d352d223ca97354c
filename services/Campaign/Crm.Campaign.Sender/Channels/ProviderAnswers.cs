using System.Diagnostics.Metrics;

namespace Crm.Campaign.Sender.Channels;

/// <summary>
/// What providers and relays answered, as the counter <c>crm.campaign.provider.answers</c>: a send rate per provider, and its failures.
/// Every provider is there from the start with zeros, so that its first failure already shows as an increase.
/// </summary>
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
