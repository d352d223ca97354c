using System.Text.Json;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Planning;

/// <summary>An instant, or what the clocks of a place show: one of <c>at</c> and <c>local</c> with <c>zone</c>.</summary>
/// <param name="Local">Such as 2026-12-24T09:00.</param>
/// <param name="Zone">IANA, such as Asia/Jakarta.</param>
public sealed record PlannedTime(DateTimeOffset? At = null, string? Local = null, string? Zone = null);

/// <param name="Version">Of the campaign, which a change of its plan changes.</param>
/// <param name="MessageCosts">By channel, for one message.</param>
/// <param name="Schedule">Null unless scheduled.</param>
public sealed record PlanResponse(
    Guid CampaignId, long Version, PlannedTime? Launch, DateTimeOffset? EndsAt, string? Currency, decimal? Budget, decimal? ExpectedRevenue,
    IReadOnlyDictionary<string, decimal> MessageCosts, decimal? PointCost, string? Owner, string? Goal, IReadOnlyList<string> Tags, ScheduleResponse? Schedule) : IVersioned;

/// <param name="NextAttemptAt">When it will be launched, or tried again; null: it waits for a decision (launch it, plan another time, or unschedule it).</param>
/// <param name="HoldCode">Why the last attempt did not launch it; the code of the refusal that a launch by hand would have got.</param>
public sealed record ScheduleResponse(
    DateTimeOffset LaunchAt, DateTimeOffset? NextAttemptAt, string? HoldCode, string? HoldMessage, string ScheduledBy, DateTimeOffset ScheduledAt);

internal sealed record PlanRow(
    Guid CampaignId, long Version, string State, DateTimeOffset? LaunchAt, string? LaunchLocal, string? LaunchZone, DateTimeOffset? EndsAt, string? Currency,
    decimal? Budget, decimal? ExpectedRevenue, string? MessageCosts, decimal? PointCost, string? Owner, string? Goal, string[]? Tags,
    DateTimeOffset? ScheduleLaunchAt, DateTimeOffset? NextAttemptAt, string? HoldCode, string? HoldMessage, string? ScheduledBy, DateTimeOffset? ScheduledAt)
{
    /// <summary>The plan of any campaign; one that has none yet is empty. Null: no such campaign.</summary>
    public static Task<PlanRow?> FindAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<PlanRow>(
            """
            SELECT c.id AS campaign_id, c.version, c.state, p.launch_at, p.launch_local, p.launch_zone, p.ends_at, p.currency, p.budget, p.expected_revenue,
                p.message_costs::text AS message_costs, p.point_cost, p.owner, p.goal, p.tags, s.launch_at AS schedule_launch_at, s.next_attempt_at, s.hold_code,
                s.hold_message, s.scheduled_by, s.scheduled_at
            FROM campaigns c LEFT JOIN campaign_plans p ON p.campaign_id = c.id LEFT JOIN campaign_schedules s ON s.campaign_id = c.id AND c.state = 'scheduled'
            WHERE c.id = @campaignId
            """,
            new { campaignId },
            cancellationToken);

    public static async Task<Result<PlanResponse>> ReadAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await FindAsync(campaignId, unitOfWork, cancellationToken) is { } plan ? plan.ToResponse() : CampaignErrors.CampaignNotFound;

    public PlanResponse ToResponse() => new(
        CampaignId, Version,
        LaunchAt is null ? null : new PlannedTime(LaunchAt, LaunchLocal, LaunchZone),
        EndsAt, Currency, Budget, ExpectedRevenue,
        MessageCosts is null ? new Dictionary<string, decimal>() : JsonSerializer.Deserialize<Dictionary<string, decimal>>(MessageCosts)!,
        PointCost, Owner, Goal, Tags ?? [],
        ScheduledAt is null ? null : new ScheduleResponse(ScheduleLaunchAt!.Value, NextAttemptAt, HoldCode, HoldMessage, ScheduledBy!, ScheduledAt.Value));
}

internal static class PlanErrors
{
    public static readonly Error NoLaunchTime = Error.Unprocessable("campaign.launch_time_missing", "The plan has no launch time.", "launch");
    public static readonly Error LaunchTimePassed = Error.Unprocessable("campaign.launch_time_passed", "The launch time has passed.", "launch");
}
