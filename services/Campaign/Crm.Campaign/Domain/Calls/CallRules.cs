using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Calls;

/// <summary>How a call ended, as the agent says.</summary>
internal enum CallOutcome
{
    ReachedInterested,
    ReachedNotInterested,
    NoAnswer,
    Busy,
    WrongNumber,

    /// <summary>The customer asked to be called at another time.</summary>
    CallBackAt,

    /// <summary>The customer does not want to be called any more, by any campaign.</summary>
    DoNotCall,
}

/// <param name="State">done, or open to be called again.</param>
/// <param name="DueAt">Not before; now for one that is done.</param>
internal sealed record CallDecision(string State, bool CallBack, DateTimeOffset DueAt);

/// <summary>When the customers of a list may be called, and called again.</summary>
/// <param name="From">In the customer's zone, as <paramref name="Until"/>; on the same day.</param>
/// <param name="Weekdays">ISO: Monday is 1.</param>
/// <param name="Lease">How long a call that an agent fetched stays theirs.</param>
internal sealed record CallRules(
    int MaxAttempts, TimeSpan NoAnswerPause, TimeSpan BusyPause, TimeOnly From, TimeOnly Until, IReadOnlyCollection<int> Weekdays, TimeSpan Lease)
{
    public const int LongestCallBackDays = 90;

    public static readonly CallRules Default = new(3, TimeSpan.FromHours(4), TimeSpan.FromMinutes(15), new TimeOnly(9, 0), new TimeOnly(20, 0), [1, 2, 3, 4, 5, 6], TimeSpan.FromMinutes(15));

    /// <param name="attempts">Including this one.</param>
    /// <remarks>A time that the customer asked for wins over the limit of attempts and over every pause; calling hours hold nevertheless.</remarks>
    public Result<CallDecision> Decide(CallOutcome outcome, int attempts, DateTimeOffset now, DateTimeOffset? callBackAt)
    {
        if (outcome == CallOutcome.CallBackAt)
        {
            return callBackAt is { } at && at > now && at <= now.AddDays(LongestCallBackDays)
                ? new CallDecision("open", true, at)
                : Error.Invalid("campaign.call_back_invalid", $"A call back has a time, in the next {LongestCallBackDays} days.", "callBackAt");
        }

        if (callBackAt is not null) return Error.Invalid("campaign.call_back_invalid", "Only the outcome callBackAt has a time.", "callBackAt");
        return outcome is CallOutcome.NoAnswer or CallOutcome.Busy && attempts < MaxAttempts
            ? new CallDecision("open", false, now + (outcome == CallOutcome.Busy ? BusyPause : NoAnswerPause))
            : new CallDecision("done", false, now);
    }

    /// <summary>Whether it is a time to call in that zone.</summary>
    public bool MayCall(string zone, DateTimeOffset now)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)) return false;
        var local = TimeZoneInfo.ConvertTime(now, found);
        var weekday = local.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)local.DayOfWeek;
        var clock = TimeOnly.FromDateTime(local.DateTime);
        return Weekdays.Contains(weekday) && clock >= From && clock < Until;
    }

    /// <summary>The kind of response that an outcome is.</summary>
    public static string ResponseOf(CallOutcome outcome) => outcome switch
    {
        CallOutcome.ReachedInterested => "reached_interested",
        CallOutcome.ReachedNotInterested => "reached_not_interested",
        CallOutcome.NoAnswer => "no_answer",
        CallOutcome.Busy => "busy",
        CallOutcome.WrongNumber => "wrong_number",
        CallOutcome.CallBackAt => "call_back",
        _ => "unsubscribed",
    };
}
