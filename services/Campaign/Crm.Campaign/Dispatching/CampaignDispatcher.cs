using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Dispatching;

/// <summary>
/// Looks after running campaigns: walks their audience into the ledger slice by slice, hands chunks to the senders (again after a
/// resume), and closes a campaign when its ledger says that nobody is left. Each step is one transaction under the campaign's advisory
/// lock and leaves everything in the database: any replica may take the next, after a crash as after a success.
/// </summary>
internal sealed partial class CampaignDispatcher(
    IServiceScopeFactory scopes, IOptions<DispatchOptions> options, TimeProvider time, ILogger<CampaignDispatcher> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval, time);
        do
        {
            try
            {
                await LookAfterAllAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LookFailed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAfterAllAsync(CancellationToken cancellationToken)
    {
        foreach (var campaignId in await RunningAsync(cancellationToken))
        {
            try
            {
                while (await StepAsync(campaignId, cancellationToken))
                {
                }
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                StepFailed(log, campaignId, exception);
            }
        }
    }

    private async Task<IReadOnlyList<Guid>> RunningAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork>()
            .QueryAsync<Guid>("SELECT id FROM campaigns WHERE state = 'sending' ORDER BY id", null, cancellationToken);
    }

    /// <summary>One transaction; true when there is more to do at once.</summary>
    private async Task<bool> StepAsync(Guid campaignId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var alone = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('dispatch ' || @campaignId, 0))", new { campaignId = campaignId.ToString() }, cancellationToken);
        if (!alone || await RunningCampaign.FindAsync(campaignId, unitOfWork, cancellationToken) is not { } campaign) return false;

        var step = ActivatorUtilities.CreateInstance<DispatchStep>(scope.ServiceProvider, campaign);
        var planning = campaign is { IsTriggered: false, DispatchedAt: null };
        var more = await step.WakeChunksAsync(cancellationToken);
        more |= planning ? await step.PlanSliceAsync(cancellationToken) : await step.ResendChunksAsync(cancellationToken);
        if (campaign.DispatchedAt is not null && !more) await step.FinishAsync(cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return more;
    }

    [LoggerMessage(LogLevel.Warning, "Running campaigns could not be looked after and are tried again")]
    private static partial void LookFailed(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Error, "Campaign {CampaignId} could not be dispatched further and is tried again")]
    private static partial void StepFailed(ILogger log, Guid campaignId, Exception exception);
}

/// <param name="Criteria">Of a broadcast, as launched.</param>
internal sealed record RunningCampaign(
    Guid Id, string Kind, int Epoch, string Channel, decimal HoldoutPercent, string? Criteria, DateTimeOffset LaunchedAt, Guid? DispatchedUpTo,
    DateTimeOffset? DispatchedAt, string[] Languages)
{
    /// <summary>Never walked and never finished: others append recipients to it.</summary>
    public bool IsTriggered => Kind == "triggered";

    /// <summary>With its row locked, so that a pause comes before or after the step, not in between.</summary>
    public static Task<RunningCampaign?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<RunningCampaign>(
            """
            SELECT c.id, c.kind, c.epoch, c.channel, c.holdout_percent, c.criteria::text AS criteria, c.launched_at, c.dispatched_up_to, c.dispatched_at,
                ARRAY(SELECT jsonb_object_keys(v.prepared)) AS languages
            FROM campaigns c JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
            WHERE c.id = @id AND c.state = 'sending' FOR NO KEY UPDATE OF c
            """,
            new { id },
            cancellationToken);
}
