using Crm.Campaign.Sender.Channels;
using Crm.ServiceDefaults.Postgres;
using Npgsql;

namespace Crm.Campaign.Sender.Sending;

/// <summary>A channel for a campaign that compares texts: each recipient gets the one that the ledger names.</summary>
internal sealed partial class VariantChannel(IDeliveryChannel inner, UnitOfWork unitOfWork, TimeProvider time, ILogger log) : IDeliveryChannel
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    public string Name => inner.Name;

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var variants = await ReadAsync([.. claims.Select(claim => claim.DeliveryId)]);
        var outcomes = new DeliveryOutcome[claims.Count];
        foreach (var same in Enumerable.Range(0, claims.Count).GroupBy(position => variants[claims[position].DeliveryId]))
        {
            var positions = same.ToArray();
            var part = await SendAsync(campaign.For(same.Key), [.. positions.Select(position => claims[position])], stopping);
            foreach (var (position, outcome) in positions.Zip(part)) outcomes[position] = outcome;
        }

        return outcomes;
    }

    /// <summary>What one text's part broke off with says nothing about the others'.</summary>
    private async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, Claim[] claims, CancellationToken stopping)
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

    /// <summary>What is claimed is this sender's to settle: it asks until it is answered, as it does when it settles.</summary>
    private async Task<Dictionary<Guid, string>> ReadAsync(Guid[] deliveries)
    {
        while (true)
        {
            try
            {
                var rows = await unitOfWork.QueryAsync<Row>(
                    "SELECT delivery_id, coalesce(variant, '') AS variant FROM deliveries WHERE delivery_id = ANY(@deliveries)", new { deliveries }, CancellationToken.None);
                await unitOfWork.DisposeAsync();
                return rows.ToDictionary(row => row.DeliveryId, row => row.Variant);
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                ReadFailed(log, exception.Message);
                await unitOfWork.DisposeAsync();
                await Task.Delay(Retry, time, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Messages of variant {Variant} broke off; what became of them is unknown")]
    private static partial void PartFailed(ILogger log, string variant, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The variants of claimed deliveries could not be read and are read again: {Reason}")]
    private static partial void ReadFailed(ILogger log, string reason);

    private sealed record Row(Guid DeliveryId, string Variant);
}
