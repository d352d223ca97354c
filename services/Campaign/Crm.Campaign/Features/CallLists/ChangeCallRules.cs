using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Calls;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.CallLists;

/// <summary>They hold from the next call on, also in a list that is being worked on.</summary>
internal static class ChangeCallRules
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/call-lists/{id:guid}/rules", async (Guid id, CallRulesRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeCallRules").WithSummary("Attempts, pauses and calling hours of a list").AllowRoles(Roles.Marketing);

    private static async Task<Result<CallListResponse>> HandleAsync(
        Guid id, CallRulesRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.CallsUntil <= request.CallsFrom) return Error.Unprocessable("campaign.calling_hours_invalid", "Calling hours end after they begin, on the same day.", "callsUntil");
        if (request.Weekdays.Any(day => day is < 1 or > 7) || request.Weekdays.Distinct().Count() != request.Weekdays.Length)
        {
            return Error.Unprocessable("campaign.weekdays_invalid", "Weekdays are numbers from 1, Monday, to 7, Sunday, each once.", "weekdays");
        }

        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is null) return CallErrors.ListNotFound;
        var changed = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO call_lists AS l (campaign_id, max_attempts, no_answer_pause, busy_pause, calls_from, calls_until, weekdays, lease)
            SELECT @id, @MaxAttempts, make_interval(mins => @NoAnswerPauseMinutes), make_interval(mins => @BusyPauseMinutes),
                make_time(0, 0, 0) + make_interval(secs => @from), make_time(0, 0, 0) + make_interval(secs => @until), @weekdays, make_interval(mins => @LeaseMinutes)
            WHERE @Version = 0 OR EXISTS (SELECT 1 FROM call_lists WHERE campaign_id = @id)
            ON CONFLICT (campaign_id) DO UPDATE SET version = l.version + 1, max_attempts = excluded.max_attempts, no_answer_pause = excluded.no_answer_pause,
                busy_pause = excluded.busy_pause, calls_from = excluded.calls_from, calls_until = excluded.calls_until, weekdays = excluded.weekdays, lease = excluded.lease
            WHERE l.version = @Version
            """,
            new
            {
                id, ifMatch.Version, request.MaxAttempts, request.NoAnswerPauseMinutes, request.BusyPauseMinutes, request.LeaseMinutes,
                from = request.CallsFrom.ToTimeSpan().TotalSeconds,
                until = request.CallsUntil.ToTimeSpan().TotalSeconds,
                weekdays = request.Weekdays.Order().ToArray(),
            },
            cancellationToken);
        return changed == 0 ? CampaignErrors.Stale : await GetCallList.HandleAsync(id, unitOfWork, time, cancellationToken);
    }
}
