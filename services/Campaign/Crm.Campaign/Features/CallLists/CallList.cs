using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.CallLists;

internal static class CallRights
{
    /// <summary>Who makes calls.</summary>
    public static readonly string[] Agents = [Roles.ServiceAgent, Roles.SalesRep, Roles.Marketer];

    /// <summary>Who follows how they go.</summary>
    public static readonly string[] Readers = [.. Agents, Roles.ServiceSupervisor, Roles.SalesManager, Roles.MarketingApprover, Roles.Analyst];
}

/// <param name="MaxAttempts">Calls to one customer that may end with no answer or busy.</param>
/// <param name="CallsFrom">In the customer's zone; until is later on the same day.</param>
/// <param name="Weekdays">Monday is 1, Sunday 7.</param>
/// <param name="LeaseMinutes">After so long a fetched call whose outcome was not told goes to somebody else.</param>
public sealed record CallRulesRequest(
    [property: Range(1, 20)] int MaxAttempts,
    [property: Range(1, 20_160)] int NoAnswerPauseMinutes,
    [property: Range(1, 20_160)] int BusyPauseMinutes,
    TimeOnly CallsFrom,
    TimeOnly CallsUntil,
    [property: Required, MinLength(1), MaxLength(7)] int[] Weekdays,
    [property: Range(1, 480)] int LeaseMinutes = 15);

/// <summary>A list with the rules that hold; its id is the campaign's.</summary>
internal sealed record CallList(Guid CampaignId, string CampaignName, string CampaignState, long Version, CallRules Rules)
{
    public static async Task<CallList?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT c.id AS campaign_id, c.name, c.state, coalesce(l.version, 0) AS version, l.max_attempts, extract(epoch FROM l.no_answer_pause)::int AS no_answer_seconds,
                extract(epoch FROM l.busy_pause)::int AS busy_seconds, trunc(extract(epoch FROM l.calls_from))::int AS from_seconds, trunc(extract(epoch FROM l.calls_until))::int AS until_seconds,
                array_to_string(l.weekdays, ',') AS weekdays, extract(epoch FROM l.lease)::int AS lease_seconds
            FROM campaigns c LEFT JOIN call_lists l ON l.campaign_id = c.id WHERE c.id = @id AND c.channel = 'phone'
            """,
            new { id },
            cancellationToken) is { } row ? row.ToList() : null;

    public CallRulesRequest ToRules() => new(
        Rules.MaxAttempts, (int)Rules.NoAnswerPause.TotalMinutes, (int)Rules.BusyPause.TotalMinutes, Rules.From, Rules.Until, [.. Rules.Weekdays], (int)Rules.Lease.TotalMinutes);

    private sealed record Row(
        Guid CampaignId, string Name, string State, long Version, int? MaxAttempts, int? NoAnswerSeconds, int? BusySeconds, int? FromSeconds, int? UntilSeconds,
        string? Weekdays, int? LeaseSeconds)
    {
        public CallList ToList() => new(CampaignId, Name, State, Version, MaxAttempts is null ? CallRules.Default : new CallRules(
            MaxAttempts.Value, TimeSpan.FromSeconds(NoAnswerSeconds!.Value), TimeSpan.FromSeconds(BusySeconds!.Value),
            TimeOnly.FromTimeSpan(TimeSpan.FromSeconds(FromSeconds!.Value)), TimeOnly.FromTimeSpan(TimeSpan.FromSeconds(UntilSeconds!.Value)),
            [.. Weekdays!.Split(',').Select(int.Parse)], TimeSpan.FromSeconds(LeaseSeconds!.Value)));
    }
}

/// <param name="Rules">The defaults until somebody sets others.</param>
/// <param name="Waiting">Neither done nor with an agent now.</param>
/// <param name="DueNow">Of these, whose time has come; calling hours may still keep them.</param>
/// <param name="Closed">Whom nobody calls any more: consent withdrawn, number gone, suppressed.</param>
/// <param name="Outcomes">Of all calls that were made.</param>
public sealed record CallListResponse(
    Guid Id, long Version, string Campaign, string CampaignState, CallRulesRequest Rules, long Total, long Waiting, long DueNow, long WithAgents, long Done, long Closed,
    long CallBacks, IReadOnlyDictionary<string, long> Outcomes, IReadOnlyDictionary<string, long> ClosedBy) : IVersioned;
