using Crm.Campaign.Features.Approvals;
using Crm.Campaign.Features.Campaigns;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Planning;

/// <summary>
/// Launches scheduled campaigns at their time and ends those whose time is over. Each is one transaction that holds the row of its
/// schedule: of several replicas one acts, and what was committed is not done again.
/// </summary>
internal sealed partial class PlannedCampaigns(
    IServiceScopeFactory scopes, IOptions<PlanOptions> options, ActorAccessor actor, TimeProvider time, ILogger<PlannedCampaigns> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval, time);
        do
        {
            try
            {
                while (await LaunchNextAsync(stoppingToken))
                {
                }

                await EndAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LookFailed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One transaction; true when another launch may be due.</summary>
    private async Task<bool> LaunchNextAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var now = time.GetUtcNow();
        var due = await unitOfWork.QuerySingleOrDefaultAsync<DueLaunch>(
            """
            SELECT s.campaign_id, s.launch_at, s.hold_code, s.hold_message, s.scheduled_by
            FROM campaign_schedules s JOIN campaigns c ON c.id = s.campaign_id
            WHERE s.next_attempt_at <= @now AND c.state = 'scheduled' ORDER BY s.next_attempt_at LIMIT 1 FOR UPDATE OF c, s SKIP LOCKED
            """,
            new { now },
            cancellationToken);
        if (due is null) return false;

        // Rights do not travel with a schedule: what is allowed is looked at again, as for anybody.
        using var acting = actor.ActAs(Actor.OnBehalfOf(due.ScheduledBy));
        if (now - due.LaunchAt > options.Value.Grace)
        {
            await HoldAsync(due, due.HoldCode ?? "campaign.launch_missed", due.HoldMessage ?? "The launch time was missed while the platform was down.", null, unitOfWork, cancellationToken);
            Missed(log, due.CampaignId);
        }
        else
        {
            try
            {
                await LaunchAsync(due, now, scope.ServiceProvider, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // One that cannot be launched must not keep the others from it.
                LaunchFailed(log, due.CampaignId, exception);
                await unitOfWork.DisposeAsync();
                await HoldAsync(due, "campaign.launch_failed", "The launch failed by a fault of the platform and is tried again.", now + options.Value.RetryAfter, unitOfWork, cancellationToken);
            }
        }

        await unitOfWork.CommitAsync(cancellationToken);
        return true;
    }

    private async Task LaunchAsync(DueLaunch due, DateTimeOffset now, IServiceProvider services, CancellationToken cancellationToken)
    {
        var unitOfWork = services.GetRequiredService<UnitOfWork>();
        var approval = services.GetRequiredService<IOptions<ApprovalOptions>>().Value;
        var launched = await LaunchCampaign.LaunchAsync(due.CampaignId, unitOfWork, now, approval, cancellationToken);
        if (launched.Error is not { } refusal) return;
        await HoldAsync(due, refusal.Code, refusal.Message, now + options.Value.RetryAfter, unitOfWork, cancellationToken);
        Held(log, due.CampaignId, refusal.Code);
    }

    private static Task<int> HoldAsync(DueLaunch due, string code, string message, DateTimeOffset? again, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            "UPDATE campaign_schedules SET next_attempt_at = @again, hold_code = @code, hold_message = @message WHERE campaign_id = @CampaignId",
            new { due.CampaignId, code, message, again },
            cancellationToken);

    /// <summary>As a cancellation does, nothing begins from then on: whoever is still planned stays so.</summary>
    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        await unitOfWork.ExecuteAsync(
            """
            UPDATE campaigns SET state = 'cancelled', version = version + 1, epoch = epoch + 1, finished_at = @now
            WHERE id IN (
                SELECT c.id FROM campaign_plans p JOIN campaigns c ON c.id = p.campaign_id
                WHERE p.ends_at <= @now AND c.state IN ('sending', 'paused') FOR UPDATE OF c SKIP LOCKED)
            """,
            new { now = time.GetUtcNow() },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    private sealed record DueLaunch(Guid CampaignId, DateTimeOffset LaunchAt, string? HoldCode, string? HoldMessage, string ScheduledBy);

    [LoggerMessage(LogLevel.Warning, "Scheduled campaigns could not be looked after and are tried again")]
    private static partial void LookFailed(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Error, "Campaign {CampaignId} could not be launched and is tried again")]
    private static partial void LaunchFailed(ILogger log, Guid campaignId, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The launch of campaign {CampaignId} was missed and waits for a decision")]
    private static partial void Missed(ILogger log, Guid campaignId);

    [LoggerMessage(LogLevel.Warning, "Campaign {CampaignId} was not launched as scheduled: {Code}")]
    private static partial void Held(ILogger log, Guid campaignId, string code);
}
