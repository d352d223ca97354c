using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Sender.Sending;
using Crm.ServiceDefaults.Postgres;
using HandlebarsDotNet;
using Npgsql;

namespace Crm.Campaign.Sender.Channels;

/// <summary>A claim with its text.</summary>
internal sealed record PreparedClaim(Claim Claim, RenderedMessage Message);

/// <summary>
/// A channel whose provider is this platform: handing over is a transaction of its own, keyed by the deliveries, so that doing it again
/// after a crash changes nothing. What such a channel had claimed when its sender died is therefore simply planned again.
/// </summary>
internal abstract partial class RowChannel(string name, string provider, MessageComposer composer, IServiceScopeFactory scopes, ILogger log) : IDeliveryChannel
{
    public string Name => name;

    public virtual int? BatchSize => null;

    public async Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping)
    {
        var outcomes = new DeliveryOutcome[claims.Count];
        var (prepared, places) = (new List<PreparedClaim>(claims.Count), new List<int>(claims.Count));
        for (var place = 0; place < claims.Count; place++)
        {
            try
            {
                if (Refusal(claims[place]) is { } refusal)
                {
                    outcomes[place] = refusal;
                    continue;
                }

                prepared.Add(new PreparedClaim(claims[place], composer.Render(campaign, claims[place]).Message));
                places.Add(place);
            }
            catch (Exception exception) when (exception is ArgumentException or HandlebarsException)
            {
                outcomes[place] = new DeliveryOutcome.Rejected("message_invalid", exception.Message);
            }
        }

        if (prepared.Count == 0) return outcomes;
        var handedOver = await HandOverAsync(campaign, prepared);
        foreach (var place in places) outcomes[place] = handedOver;
        return outcomes;
    }

    /// <summary>Writes everything of these deliveries that is not there yet; returns what the ledger shall call the place.</summary>
    /// <exception cref="InvalidOperationException">It cannot be done on this machine now; the message says what is missing.</exception>
    protected abstract Task<string?> WriteAsync(SendingCampaign campaign, IReadOnlyList<PreparedClaim> claims, UnitOfWork unitOfWork);

    /// <summary>Null where nothing speaks against this claim.</summary>
    protected virtual DeliveryOutcome.Rejected? Refusal(Claim claim) => null;

    private async Task<DeliveryOutcome> HandOverAsync(SendingCampaign campaign, IReadOnlyList<PreparedClaim> claims)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            var reference = await WriteAsync(campaign, claims, unitOfWork);
            await unitOfWork.CommitAsync(CancellationToken.None);
            return new DeliveryOutcome.Accepted(reference, provider);
        }
        catch (Exception exception)
        {
            // Even where it was committed after all, trying again changes nothing.
            HandOverFailed(log, Name, exception);
            return new DeliveryOutcome.Deferred(exception.Message, null, Counts: exception is not (NpgsqlException { IsTransient: true } or InvalidOperationException or IOException));
        }
    }

    [LoggerMessage(LogLevel.Warning, "Deliveries by {Channel} could not be handed over and are tried again")]
    private static partial void HandOverFailed(ILogger log, string channel, Exception exception);
}
