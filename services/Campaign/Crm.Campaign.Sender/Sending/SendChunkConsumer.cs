using System.Diagnostics;
using System.Diagnostics.Metrics;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Smtp;
using Crm.ServiceDefaults.Postgres;
using MassTransit;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// Sends what is planned in a chunk, micro-batch by micro-batch, until nothing is due; then the message is acknowledged. Any number of
/// senders may hold the same chunk: each recipient is claimed by one.
/// </summary>
public sealed partial class SendChunkConsumer : IConsumer<SendChunk>
{
    private static readonly Meter Meter = new("Crm.Campaign.Sender");
    private static readonly Counter<long> Settled = Meter.CreateCounter<long>("crm.campaign.deliveries", description: "Deliveries by what became of them");
    private static readonly TimeSpan LongestDeferral = TimeSpan.FromHours(1);
    private static readonly TimeSpan SettleRetry = TimeSpan.FromMilliseconds(500);
    private readonly DeliveryLedger _ledger;
    private readonly Drain _drain;
    private readonly SenderLease _lease;
    private readonly MessageComposer _composer;
    private readonly SmtpConnectionPool _relay;
    private readonly UnitOfWork _unitOfWork;
    private readonly SendOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationToken _stopping;
    private readonly ILogger<SendChunkConsumer> _log;

    public SendChunkConsumer(IServiceProvider services)
    {
        // The consumer is public for the bus to find it; what it works with is not.
        _ledger = services.GetRequiredService<DeliveryLedger>();
        _drain = services.GetRequiredService<Drain>();
        _lease = services.GetRequiredService<SenderLease>();
        _composer = services.GetRequiredService<MessageComposer>();
        _relay = services.GetRequiredService<SmtpConnectionPool>();
        _unitOfWork = services.GetRequiredService<UnitOfWork>();
        _options = services.GetRequiredService<IOptions<SendOptions>>().Value;
        _time = services.GetRequiredService<TimeProvider>();
        _stopping = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        _log = services.GetRequiredService<ILogger<SendChunkConsumer>>();
    }

    public async Task Consume(ConsumeContext<SendChunk> context)
    {
        using var work = _drain.Enter();
        var (chunk, cancellationToken) = (context.Message, context.CancellationToken);
        var campaign = await SendingCampaign.FindAsync(chunk.CampaignId, chunk.Epoch, _unitOfWork, cancellationToken);
        await _unitOfWork.DisposeAsync();
        if (campaign is null) return;

        var started = _time.GetTimestamp();
        while (true)
        {
            if (_stopping.IsCancellationRequested || _time.GetElapsedTime(started) > _options.ChunkBudget)
            {
                await _ledger.SendAgainAsync(chunk, cancellationToken);
                return;
            }

            var worker = await _lease.WorkerAsync(cancellationToken);
            var claimed = await _ledger.ClaimAsync(chunk, worker, _options.MicroBatch, cancellationToken);
            if (claimed.NothingDue)
            {
                if (await _ledger.HoldsLeaseAsync(worker, cancellationToken)) return;
                throw new TimeoutException("The sender's lease has run out; the chunk is taken up again under a new one.");
            }

            if (claimed.Claims.Count == 0) continue;
            var settlements = await SendAsync(campaign, claimed.Claims);
            var retry = settlements.Where(settlement => settlement.Retry is not null).Select(settlement => settlement.Retry!.Value).DefaultIfEmpty(TimeSpan.MaxValue).Min();
            await SettleAsync(campaign, chunk, worker, settlements, retry);

            // The message of the deferred takes the rest of the chunk with it: a relay that is away is not asked 20 times in a row.
            if (settlements.Any(settlement => settlement is { Retry: not null, Counts: false })) return;
        }
    }

    private async Task<IReadOnlyList<Settlement>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims)
    {
        var settlements = new List<Settlement>(claims.Count);
        var (messages, senders) = (new List<SmtpMessage>(claims.Count), new List<Claim>(claims.Count));
        foreach (var claim in claims)
        {
            try
            {
                messages.Add(_composer.Compose(campaign, claim));
                senders.Add(claim);
            }
            catch (ArgumentException exception)
            {
                settlements.Add(new Settlement(claim, "failed", "message_invalid", exception.Message));
            }
        }

        if (messages.Count == 0) return settlements;
        try
        {
            // On a stop no further message is begun and those on the wire get their reply.
            var outcomes = await _relay.SendBatchAsync(messages, _stopping);
            settlements.AddRange(senders.Zip(outcomes, Judge));
        }
        catch (Exception exception) when (exception is SmtpConnectionException or OperationCanceledException)
        {
            RelayAway(_log, exception.Message);
            settlements.AddRange(senders.Select(claim => new Settlement(claim, "planned", null, exception.Message, _options.RelayRetry, Counts: false)));
        }
        catch (Exception exception)
        {
            SendFailed(_log, exception);
            settlements.AddRange(senders.Select(claim => new Settlement(claim, "unknown", "sender_failed", exception.Message)));
        }
        finally
        {
            foreach (var message in messages) message.Dispose();
        }

        return settlements;
    }

    private Settlement Judge(Claim claim, SmtpOutcome outcome) => outcome switch
    {
        SmtpOutcome.Accepted accepted => new Settlement(claim, "sent", null, accepted.Reply.ToString()),
        SmtpOutcome.Rejected rejected => new Settlement(claim, "failed", rejected.Stage == SmtpStage.RcptTo ? "recipient_rejected" : "rejected", rejected.Reply.ToString()),
        SmtpOutcome.Deferred { Reply: null } deferred => new Settlement(
            claim, "planned", null, deferred.Reason, _stopping.IsCancellationRequested ? TimeSpan.Zero : _options.RelayRetry, Counts: false),
        SmtpOutcome.Deferred when claim.Attempts >= _options.MaxAttempts => new Settlement(claim, "failed", "deferred_too_often", Text(outcome)),
        SmtpOutcome.Deferred => new Settlement(claim, "planned", null, Text(outcome), Backoff(claim.Attempts)),
        SmtpOutcome.Unknown unknown => new Settlement(claim, "unknown", "reply_lost", unknown.Reason),
        _ => throw new UnreachableException(),
    };

    private static string Text(SmtpOutcome outcome) => outcome is SmtpOutcome.Deferred { Reply: { } reply } ? reply.ToString() : outcome.ToString();

    private TimeSpan Backoff(int attempts)
    {
        var delay = _options.DeferralRetry * Math.Pow(2, attempts - 1);
        return delay < LongestDeferral ? delay : LongestDeferral;
    }

    /// <summary>The relay's answers are known only here: they are written, whatever else happens, as long as this process lives; no cancellation.</summary>
    private async Task SettleAsync(
        SendingCampaign campaign, SendChunk chunk, Guid worker, IReadOnlyList<Settlement> settlements, TimeSpan retry)
    {
        while (true)
        {
            try
            {
                await _ledger.SettleAsync(campaign, chunk, worker, settlements, retry < TimeSpan.MaxValue ? chunk : null, retry, CancellationToken.None);
                foreach (var group in settlements.GroupBy(settlement => settlement.State)) Settled.Add(group.Count(), new KeyValuePair<string, object?>("state", group.Key));
                return;
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                SettleFailed(_log, settlements.Count, exception.Message);
                await _unitOfWork.DisposeAsync();
                await Task.Delay(SettleRetry, _time, CancellationToken.None);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The relay cannot be used and is tried again: {Reason}")]
    private static partial void RelayAway(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "A micro-batch broke off; what became of it is unknown")]
    private static partial void SendFailed(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The outcomes of {Count} deliveries could not be written and are tried again: {Reason}")]
    private static partial void SettleFailed(ILogger log, int count, string reason);
}

/// <summary>One chunk per slot and one waiting: what is prefetched does not move to a sender that starts meanwhile.</summary>
public sealed class SendChunkConsumerDefinition(IOptions<SendOptions> options) : ConsumerDefinition<SendChunkConsumer>
{
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<SendChunkConsumer> consumerConfigurator, IRegistrationContext context)
    {
        endpointConfigurator.PrefetchCount = options.Value.Slots;
        endpointConfigurator.ConcurrentMessageLimit = options.Value.Slots;
    }
}
