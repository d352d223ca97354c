using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

internal abstract record ActionResult
{
    private ActionResult()
    {
    }

    public sealed record Done(string Outcome) : ActionResult;

    /// <summary>Not now: the contact stays at the node.</summary>
    public sealed record Later(DateTimeOffset At) : ActionResult;
}

/// <summary>
/// What journeys do to people: messages go through the ledger of the node's triggered campaign, with all its rules; what belongs to
/// other services is asked of them by an event of the same transaction.
/// </summary>
internal sealed class JourneyActions(UnitOfWork unitOfWork, LedgerWriter ledger, Ids ids, IOptions<JourneyOptions> options)
{
    private static readonly TimeSpan PausedCampaignRetry = TimeSpan.FromMinutes(1);

    public async IAsyncEnumerable<(WaitingEntry Entry, ActionResult Result)> ActAsync(
        PublishedJourney journey, RunningJourney running, JourneyNode node, IReadOnlyList<WaitingEntry> entries, DateTimeOffset now,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        switch (node)
        {
            case JourneyNode.Send send:
                foreach (var (entry, result) in await SendAsync(journey.Campaigns[send.Id], running, send, entries, now, cancellationToken)) yield return (entry, result);
                break;
            case JourneyNode.Tag tag:
                unitOfWork.Enqueue(new TagChangesRequested(
                    ids.Next(), now, journey.JourneyId, running.Name, tag.Add, tag.Remove, [.. entries.Select(entry => entry.CustomerId).Distinct()]));
                foreach (var entry in entries) yield return (entry, new ActionResult.Done("tagged"));
                break;
            case JourneyNode.Case @case:
                unitOfWork.Enqueue(new CasesRequested(
                    ids.Next(), now, journey.JourneyId, running.Name, @case.Type, @case.Priority, @case.Subject, @case.Description,
                    [.. entries.Select(entry => new RequestedCase(ids.Next(), entry.CustomerId))]));
                foreach (var entry in entries) yield return (entry, new ActionResult.Done("case_requested"));
                break;
            case JourneyNode.Points points:
                foreach (var (entry, result) in await AwardAsync(journey, running, points, entries, now, cancellationToken)) yield return (entry, result);
                break;
            default:
                throw new InvalidOperationException($"{node.GetType().Name} is not an action.");
        }
    }

    /// <summary>Written down here, so that figures know them; Loyalty posts each id once, whatever arrives how often.</summary>
    private async Task<IEnumerable<(WaitingEntry Entry, ActionResult Result)>> AwardAsync(
        PublishedJourney journey, RunningJourney running, JourneyNode.Points points, IReadOnlyList<WaitingEntry> entries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var awards = entries.Select(entry => (Entry: entry, Award: new RequestedPoints(ids.Next(), entry.CustomerId, points.Amount))).ToArray();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO journey_awards (award_id, journey_id, entry_id, step, campaign_id, customer_id, points, asked_at)
            SELECT a.award_id, @JourneyId, a.entry_id, a.step, @campaignId, a.customer_id, @Amount, @now
            FROM unnest(@awardIds, @entryIds, @steps, @customers) AS a (award_id, entry_id, step, customer_id)
            """,
            new
            {
                journey.JourneyId, points.Amount, now,
                campaignId = points.Message is { } message ? journey.Campaigns[message] : (Guid?)null,
                awardIds = awards.Select(award => award.Award.AwardId).ToArray(),
                entryIds = entries.Select(entry => entry.EntryId).ToArray(),
                steps = entries.Select(entry => entry.Step).ToArray(),
                customers = entries.Select(entry => entry.CustomerId).ToArray(),
            },
            cancellationToken);
        unitOfWork.Enqueue(new PointsRequested(ids.Next(), now, journey.JourneyId, running.Name, points.Reason, [.. awards.Select(award => award.Award)]));
        return awards.Select(award => (award.Entry, (ActionResult)new ActionResult.Done("points_requested")));
    }

    private async Task<IEnumerable<(WaitingEntry Entry, ActionResult Result)>> SendAsync(
        Guid campaignId, RunningJourney running, JourneyNode.Send send, IReadOnlyList<WaitingEntry> entries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The rep's day is locked before any campaign, always in that order.
        var allowed = await AllowedAsync(running, entries.Count, now, cancellationToken);
        if (await RunningCampaign.FindAsync(campaignId, unitOfWork, cancellationToken) is not { } campaign)
        {
            var state = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT state FROM campaigns WHERE id = @campaignId", new { campaignId }, cancellationToken);
            ActionResult result = state == "paused" ? new ActionResult.Later(now + PausedCampaignRetry) : new ActionResult.Done("not_sent");
            return entries.Select(entry => (entry, result));
        }

        await UseAsync(running, allowed, now, cancellationToken);
        var sent = entries.Take(allowed).ToArray();
        var reasons = (await unitOfWork.QueryAsync<ContactReason>(
            $"SELECT a.customer_id, {Eligibility.ReasonSql(send.Channel)} AS reason FROM audience a WHERE a.customer_id = ANY(@contacts) AND a.profile_version IS NOT NULL",
            new { contacts = sent.Select(entry => entry.CustomerId).ToArray() },
            cancellationToken)).ToDictionary(row => row.CustomerId, row => row.Reason);

        // The step makes a second pass of a loop a message of its own.
        var members = sent.Select(entry => new LedgerMember(
            entry.CustomerId, entry.Language, reasons.GetValueOrDefault(entry.CustomerId, "no_profile"), $"{entry.EntryId:N}:{entry.Step}")).ToArray();
        await ledger.WriteAsync(campaign, members, cancellationToken);
        return sent.Select(entry => (entry, (ActionResult)new ActionResult.Done("planned")))
            .Concat(entries.Skip(allowed).Select(entry => (entry, (ActionResult)new ActionResult.Later(Tomorrow(now)))));
    }

    /// <summary>How many of a rep's messages today's volume still allows; the row stays locked, so that all their journeys share it.</summary>
    private async Task<int> AllowedAsync(RunningJourney running, int wanted, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (running is not { Owner: { } owner, DailyLimit: { } limit }) return wanted;
        var day = Today(now);
        await unitOfWork.ExecuteAsync("INSERT INTO journey_daily (owner, day, used) VALUES (@owner, @day, 0) ON CONFLICT DO NOTHING", new { owner, day }, cancellationToken);
        var used = await unitOfWork.QuerySingleOrDefaultAsync<int>("SELECT used FROM journey_daily WHERE owner = @owner AND day = @day FOR UPDATE", new { owner, day }, cancellationToken);
        return Math.Clamp(limit - used, 0, wanted);
    }

    private async Task UseAsync(RunningJourney running, int messages, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (running is not { Owner: { } owner, DailyLimit: not null } || messages == 0) return;
        await unitOfWork.ExecuteAsync("UPDATE journey_daily SET used = used + @messages WHERE owner = @owner AND day = @day", new { owner, day = Today(now), messages }, cancellationToken);
    }

    private DateOnly Today(DateTimeOffset now) => LocalClock.DateOf(now, options.Value.ZoneOf(null));

    private DateTimeOffset Tomorrow(DateTimeOffset now)
    {
        var zone = options.Value.ZoneOf(null);
        return LocalClock.Instant(LocalClock.DateOf(now, zone).AddDays(1), TimeOnly.MinValue, zone);
    }

    private sealed record ContactReason(Guid CustomerId, string? Reason);
}
