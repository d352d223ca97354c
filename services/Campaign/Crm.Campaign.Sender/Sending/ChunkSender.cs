using System.Diagnostics;
using System.Diagnostics.Metrics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Sender.Channels;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// Sends what is planned in a chunk, micro-batch by micro-batch, until nothing is due; then the message is acknowledged. Any number of
/// senders may hold the same chunk: each recipient is claimed by one. While a micro-batch is sent, the outcomes of the one before are written,
/// over a connection of its own; never those of two.
/// </summary>
internal sealed partial class ChunkSender(
    IServiceProvider services, DeliveryLedger ledger, PacedClaims paces, MicroBatchSize sizes, Drain drain, SenderLease lease, UnitOfWork unitOfWork,
    IOptions<SendOptions> options, TimeProvider time, IHostApplicationLifetime host, ILogger<ChunkSender> log)
{
    private static readonly Meter Meter = new("Crm.Campaign.Sender");
    private static readonly Counter<long> Settled = Meter.CreateCounter<long>("crm.campaign.deliveries", description: "Deliveries by what became of them");
    private static readonly TimeSpan LongestDeferral = TimeSpan.FromHours(1);
    private static readonly TimeSpan SettleRetry = TimeSpan.FromMilliseconds(500);
    private readonly SendOptions _options = options.Value;
    private readonly CancellationToken _stopping = host.ApplicationStopping;

    /// <summary>Counts zeros, see <see cref="ExpectedAnswers"/>.</summary>
    internal static void Expect(string channel)
    {
        foreach (var state in new[] { "sent", "failed", "planned", "unknown" }) Settled.Add(0, new("state", state), new("channel", channel), new("provider", ""));
    }

    public async Task SendAsync(SendChunk chunk, CancellationToken cancellationToken)
    {
        using var work = drain.Enter();
        var campaign = await SendingCampaign.FindAsync(chunk.CampaignId, chunk.Epoch, unitOfWork, cancellationToken);
        var pacing = await CampaignPacings.FindAsync(chunk.CampaignId, unitOfWork, cancellationToken);
        await unitOfWork.DisposeAsync();
        if (campaign is null) return;

        var paced = paces.AreNeeded(pacing, campaign.Channel);
        var channel = services.GetRequiredKeyedService<IDeliveryChannel>(campaign.Channel);
        if (campaign.Variants.Count > 0) channel = new VariantChannel(channel, log);
        await using var beside = services.CreateAsyncScope();
        var outcomes = beside.ServiceProvider.GetRequiredService<DeliveryLedger>();
        var settling = Task.CompletedTask;
        try
        {
            var started = time.GetTimestamp();
            while (true)
            {
                if (_stopping.IsCancellationRequested || time.GetElapsedTime(started) > _options.ChunkBudget)
                {
                    await settling;
                    await ledger.SendAgainAsync(chunk, cancellationToken);
                    return;
                }

                var size = await ReadyAsync(channel);
                if (size == 0) continue;
                var worker = await lease.WorkerAsync(cancellationToken);
                var claimed = await ClaimAsync(campaign, chunk, paced ? pacing : null, worker, size, cancellationToken);
                if (claimed.NothingDue)
                {
                    await settling; // may have put some off
                    if (await ledger.RestAsync(chunk, worker, cancellationToken)) return;
                    throw new TimeoutException("The sender's lease has run out; the chunk is taken up again under a new one.");
                }

                if (claimed.Claims.Count == 0) continue;
                var sending = time.GetTimestamp();
                var (settlements, away) = await SendAsync(channel, campaign, claimed.Claims);
                sizes.Took(campaign.Channel, claimed.Claims.Count, time.GetElapsedTime(sending));
                await settling;
                settling = SettleAsync(outcomes, campaign, chunk, worker, settlements);
                if (claimed.Day is { } day)
                {
                    await settling;
                    await paces.GiveBackAsync(campaign.Id, day, settlements.Count(settlement => settlement.State == "planned"), cancellationToken);
                }

                // The rest of the chunk waits with those put off unasked: a relay that is away is not asked 20 times in a row.
                if (away && !_stopping.IsCancellationRequested) return;
            }
        }
        finally
        {
            await settling;
        }
    }

    private async Task<ClaimResult> ClaimAsync(
        SendingCampaign campaign, SendChunk chunk, CampaignPacing? pacing, Guid worker, int size, CancellationToken cancellationToken)
    {
        try
        {
            return pacing is null
                ? await ledger.ClaimAsync(campaign, chunk, worker, size, cancellationToken)
                : await paces.ClaimAsync(campaign, chunk, pacing, worker, size, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            // The commit may have been done and its answer lost.
            lease.GiveUp(worker);
            throw;
        }
    }

    private async Task<int> ReadyAsync(IDeliveryChannel channel)
    {
        try
        {
            return await channel.ReadyAsync(channel.BatchSize ?? sizes.Of(channel.Name), _stopping);
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    /// <summary>Away: the provider could not be asked.</summary>
    private async Task<(IReadOnlyList<Settlement> Settlements, bool Away)> SendAsync(IDeliveryChannel channel, SendingCampaign campaign, IReadOnlyList<Claim> claims)
    {
        try
        {
            // On a stop no further message is begun and those on the wire get their reply.
            var outcomes = await channel.SendAsync(campaign, claims, _stopping);
            return ([.. claims.Zip(outcomes, Judge)], outcomes.Any(outcome => outcome is DeliveryOutcome.Deferred { Counts: false, RetryAfter: null }));
        }
        catch (Exception exception)
        {
            SendFailed(log, exception);
            return ([.. claims.Select(claim => new Settlement(claim, "unknown", "sender_failed", exception.Message))], false);
        }
    }

    private Settlement Judge(Claim claim, DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Accepted accepted => new Settlement(claim, "sent", null, accepted.Reference, accepted.Provider),
        DeliveryOutcome.Rejected rejected => new Settlement(claim, "failed", rejected.Reason, rejected.Detail),
        DeliveryOutcome.Deferred { Counts: false } deferred => new Settlement(
            claim, "planned", null, deferred.Detail, Retry: _stopping.IsCancellationRequested ? TimeSpan.Zero : deferred.RetryAfter ?? _options.RelayRetry, Counts: false),
        DeliveryOutcome.Deferred deferred when claim.Attempts >= _options.MaxAttempts => new Settlement(claim, "failed", "deferred_too_often", deferred.Detail),
        DeliveryOutcome.Deferred deferred => new Settlement(claim, "planned", null, deferred.Detail, Retry: deferred.RetryAfter ?? Backoff(claim.Attempts)),
        DeliveryOutcome.Unknown unknown => new Settlement(claim, "unknown", "reply_lost", unknown.Detail),
        _ => throw new UnreachableException(),
    };

    private TimeSpan Backoff(int attempts)
    {
        var delay = _options.DeferralRetry * Math.Pow(2, attempts - 1);
        return delay < LongestDeferral ? delay : LongestDeferral;
    }

    /// <summary>The provider's answers are known only here: they are written, whatever else happens, as long as this process lives; no cancellation.</summary>
    private async Task SettleAsync(DeliveryLedger outcomes, SendingCampaign campaign, SendChunk chunk, Guid worker, IReadOnlyList<Settlement> settlements)
    {
        while (true)
        {
            try
            {
                await outcomes.SettleAsync(campaign, chunk, worker, settlements, CancellationToken.None);
                foreach (var group in settlements.GroupBy(settlement => (settlement.State, settlement.Provider)))
                {
                    Settled.Add(group.Count(), new("state", group.Key.State), new("channel", campaign.Channel), new("provider", group.Key.Provider ?? ""));
                }

                return;
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                SettleFailed(log, settlements.Count, exception.Message);
                await outcomes.DropAsync();
                await Task.Delay(SettleRetry, time, CancellationToken.None);
            }
            catch (Exception)
            {
                // They cannot be written: under a lease that runs out they are at least found, as unknown.
                lease.GiveUp(worker);
                throw;
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A micro-batch broke off; what became of it is unknown")]
    private static partial void SendFailed(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The outcomes of {Count} deliveries could not be written and are tried again: {Reason}")]
    private static partial void SettleFailed(ILogger log, int count, string reason);
}
