using Crm.Campaign.Domain.Calls;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Channels;

public sealed class CallRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 3, 0, 0, TimeSpan.Zero); // Wednesday, 10:00 in Jakarta

    [Fact]
    public void Nobody_is_called_more_often_without_answer_than_the_rules_say_and_never_sooner_than_the_pause()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<(byte Max, byte Pause, bool Busy)>(), input =>
        {
            var rules = CallRules.Default with { MaxAttempts = 1 + (input.Max % 20), NoAnswerPause = TimeSpan.FromMinutes(1 + input.Pause), BusyPause = TimeSpan.FromMinutes(1 + (input.Pause / 2)) };
            var outcome = input.Busy ? CallOutcome.Busy : CallOutcome.NoAnswer;
            var (attempts, at) = (0, Now);
            while (true)
            {
                var decision = rules.Decide(outcome, ++attempts, at, null).Value;
                if (decision.State == "done") return attempts == rules.MaxAttempts;
                if (decision.DueAt - at != (input.Busy ? rules.BusyPause : rules.NoAnswerPause)) return false;
                at = decision.DueAt;
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_time_that_the_customer_asked_for_wins_over_the_limit_of_attempts()
    {
        var decision = CallRules.Default.Decide(CallOutcome.CallBackAt, 99, Now, Now.AddHours(30)).Value;
        Assert.Equal(new CallDecision("open", true, Now.AddHours(30)), decision);
    }

    [Theory]
    [InlineData("CallBackAt", null)]
    [InlineData("CallBackAt", -1)]
    [InlineData("CallBackAt", 24 * 91)]
    [InlineData("Busy", 1)]
    public void A_call_back_has_a_time_ahead_and_no_other_outcome_has_one(string outcome, int? hours)
    {
        var decided = CallRules.Default.Decide(Enum.Parse<CallOutcome>(outcome), 1, Now, hours is { } ahead ? Now.AddHours(ahead) : null);
        Assert.Equal(("campaign.call_back_invalid", "callBackAt"), (decided.Error?.Code, decided.Error?.Field));
    }

    [Theory]
    [InlineData("Asia/Jakarta", "2026-11-25T01:59:00Z", false)] // 08:59
    [InlineData("Asia/Jakarta", "2026-11-25T02:00:00Z", true)]  // 09:00
    [InlineData("Asia/Jakarta", "2026-11-25T12:59:00Z", true)]  // 19:59
    [InlineData("Asia/Jakarta", "2026-11-25T13:00:00Z", false)] // 20:00
    [InlineData("Asia/Jayapura", "2026-11-25T00:30:00Z", true)] // 09:30 there, 07:30 in Jakarta
    [InlineData("Europe/Berlin", "2026-11-25T19:30:00Z", false)]
    [InlineData("Asia/Jakarta", "2026-11-29T03:00:00Z", false)] // Sunday
    [InlineData("Nowhere/Land", "2026-11-25T03:00:00Z", false)]
    public void Calls_are_made_in_the_customers_hours_only(string zone, string now, bool expected) =>
        Assert.Equal(expected, CallRules.Default.MayCall(zone, DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)));
}
