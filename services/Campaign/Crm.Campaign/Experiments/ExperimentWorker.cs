using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Domain.Experiments;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Experiments;

/// <summary>
/// Decides experiments when their horizon is over, once, and hands those who waited to the senders with the winner, or with the declared
/// default. Both under the campaign's dispatch lock, and step by step, so that any replica can go on after a crash.
/// </summary>
internal sealed partial class ExperimentWorker(
    IServiceScopeFactory scopes, IOptions<DispatchOptions> options, Ids ids, TimeProvider time, ILogger<ExperimentWorker> log) : BackgroundService
{
    private const int ChunksPerStep = 50;
    private const int AssignmentsPerEvent = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval, time);
        do
        {
            try
            {
                foreach (var campaignId in await DueAsync(stoppingToken))
                {
                    while (await StepAsync(campaignId, stoppingToken))
                    {
                    }
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                StepFailed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<IReadOnlyList<Guid>> DueAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork>().QueryAsync<Guid>(
            """
            SELECT e.campaign_id FROM campaign_experiments e JOIN campaigns c ON c.id = e.campaign_id
            WHERE e.released_at IS NULL AND c.state IN ('sending', 'finished') AND (c.dispatched_at IS NOT NULL OR c.kind = 'triggered')
                AND c.launched_at + make_interval(mins => e.horizon_minutes) <= @now
            ORDER BY e.campaign_id
            """,
            new { now = time.GetUtcNow() },
            cancellationToken);
    }

    private async Task<bool> StepAsync(Guid campaignId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var alone = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('dispatch ' || @campaignId, 0))", new { campaignId = campaignId.ToString() }, cancellationToken);
        if (!alone || await Experiment.FindAsync(campaignId, unitOfWork, cancellationToken) is not { ReleasedAt: null } experiment) return false;

        var more = experiment.DecidedAt is null
            ? await DecideAsync(experiment, unitOfWork, cancellationToken)
            : await ReleaseAsync(experiment, unitOfWork, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return more;
    }

    private async Task<bool> DecideAsync(Experiment experiment, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var result = await experiment.EvaluateAsync(unitOfWork, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            UPDATE campaign_experiments SET decided_at = @now, outcome = @Outcome, chosen = @chosen, result = @result::jsonb WHERE campaign_id = @CampaignId
            """,
            new { experiment.CampaignId, now = time.GetUtcNow(), result.Outcome, chosen = result.Winner ?? experiment.DefaultVariant, result = JsonSerializer.Serialize(result, JsonSerializerOptions.Web) },
            cancellationToken);
        Decided(log, experiment.CampaignId, result.Outcome, result.Winner ?? experiment.DefaultVariant);
        return true;
    }

    private async Task<bool> ReleaseAsync(Experiment experiment, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var campaign = await RunningCampaign.FindAsync(experiment.CampaignId, unitOfWork, cancellationToken);
        var waiting = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT EXISTS (SELECT 1 FROM chunks WHERE campaign_id = @CampaignId AND held)", new { experiment.CampaignId }, cancellationToken);
        if (!waiting)
        {
            await unitOfWork.ExecuteAsync("UPDATE campaign_experiments SET released_at = @now WHERE campaign_id = @CampaignId", new { experiment.CampaignId, now }, cancellationToken);
            return false;
        }

        if (campaign is null) return false; // paused: they are released when it goes on
        var released = await unitOfWork.QueryAsync<Released>(
            """
            WITH released AS (
                UPDATE chunks SET held = false, epoch = @Epoch, enqueued_at = @now WHERE campaign_id = @Id AND seq IN (
                    SELECT seq FROM chunks WHERE campaign_id = @Id AND held ORDER BY seq LIMIT @ChunksPerStep)
                RETURNING seq),
            given AS (
                UPDATE deliveries d SET variant = @Chosen, not_before = @now FROM released r
                WHERE d.campaign_id = @Id AND d.chunk = r.seq AND d.state = 'planned' RETURNING d.chunk, d.customer_id)
            SELECT r.seq, g.customer_id FROM released r LEFT JOIN given g ON g.chunk = r.seq ORDER BY r.seq
            """,
            new { campaign.Id, campaign.Epoch, experiment.Chosen, now, ChunksPerStep },
            cancellationToken);
        foreach (var seq in released.Select(row => row.Seq).Distinct()) unitOfWork.Enqueue(SendChunk.For(campaign.Channel, campaign.Id, campaign.Epoch, seq));

        // Analytics knew them as treated, without a variant.
        var name = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT name FROM campaigns WHERE id = @Id", new { campaign.Id }, cancellationToken);
        foreach (var part in released.Where(row => row.CustomerId is not null).Chunk(AssignmentsPerEvent))
        {
            unitOfWork.Enqueue(new CampaignAssigned(
                ids.Next(), now, campaign.Id, name!, campaign.Channel,
                [.. part.Select(row => new AssignedCustomer(row.CustomerId!.Value, AssignedGroup.Treated, experiment.Chosen))]));
        }

        return true;
    }

    private sealed record Released(int Seq, Guid? CustomerId);

    [LoggerMessage(LogLevel.Information, "The experiment of campaign {CampaignId} is decided: {Outcome}, {Chosen}")]
    private static partial void Decided(ILogger log, Guid campaignId, string outcome, string chosen);

    [LoggerMessage(LogLevel.Warning, "Experiments could not be looked after and are looked after again")]
    private static partial void StepFailed(ILogger log, Exception exception);
}
