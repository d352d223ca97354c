using Crm.Campaign.Sender.Channels;

namespace Crm.Campaign.Sender.Sending;

/// <summary>A channel for a campaign that compares texts: each recipient gets the one that the ledger names.</summary>
internal sealed partial class VariantChannel(IDeliveryChannel inner, ILogger log) : IDeliveryChannel
{
    public string Name => inner.Name;

    public int? BatchSize => inner.BatchSize;

    public Task<int> ReadyAsync(int wanted, CancellationToken stopping) => inner.ReadyAsync(wanted, stopping);

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var outcomes = new DeliveryOutcome[claims.Count];
        foreach (var same in Enumerable.Range(0, claims.Count).GroupBy(position => claims[position].Variant))
        {
            var positions = same.ToArray();
            var part = await SendPartAsync(campaign.For(same.Key), [.. positions.Select(position => claims[position])], stopping);
            foreach (var (position, outcome) in positions.Zip(part)) outcomes[position] = outcome;
        }

        return outcomes;
    }

    /// <summary>What one text's part broke off with says nothing about the others'.</summary>
    private async Task<IReadOnlyList<DeliveryOutcome>> SendPartAsync(SendingCampaign campaign, Claim[] claims, CancellationToken stopping)
    {
        try
        {
            return await inner.SendAsync(campaign, claims, stopping);
        }
        catch (Exception exception)
        {
            PartFailed(log, campaign.Variant, exception);
            return [.. claims.Select(_ => new DeliveryOutcome.Unknown(exception.Message))];
        }
    }

    [LoggerMessage(LogLevel.Error, "Messages of variant {Variant} broke off; what became of them is unknown")]
    private static partial void PartFailed(ILogger log, string variant, Exception exception);
}
