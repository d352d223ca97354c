using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain.Responses;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Responses;

/// <summary>One batch of <see cref="ResponseSettlement"/>.</summary>
internal sealed class SettlementStep(UnitOfWork unitOfWork, Ids ids, TimeProvider time, IOptions<ResponseOptions> options)
{
    private const int BatchSize = 500;
    private readonly ResponseSignals _signals = new(options.Value);

    /// <returns>Whether there may be more to judge at once.</returns>
    public async Task<bool> JudgeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var batch = await unitOfWork.QueryAsync<Row>(
            """
            SELECT r.id, r.delivery_id, r.kind, r.link, r.occurred_at, r.user_agent, r.network::text AS network, d.sent_at,
                d.campaign_id, c.name AS campaign_name, d.customer_id, d.channel, (coalesce(x.links, v.links))[r.link + 1] AS url
            FROM responses r JOIN deliveries d ON d.delivery_id = r.delivery_id JOIN campaigns c ON c.id = d.campaign_id
            LEFT JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
            LEFT JOIN campaign_variants x ON x.campaign_id = d.campaign_id AND x.name = d.variant
            WHERE r.judged_at IS NULL AND r.occurred_at <= @until ORDER BY r.occurred_at, r.id LIMIT @BatchSize
            """,
            new { until = now - options.Value.SettleAfter, BatchSize },
            cancellationToken);
        if (batch.Count == 0) return false;

        var deliveries = batch.Select(row => row.DeliveryId).Distinct().ToArray();
        var around = await AroundAsync(batch, deliveries, cancellationToken);
        var firsts = await FirstsAsync(deliveries, cancellationToken);
        var judgements = batch.Select(row => Judge(row, around[row.DeliveryId], firsts)).ToArray();
        await WriteAsync(judgements, now, cancellationToken);
        Guid[] judged = [.. batch.Select(row => row.Id)];
        await ResponseCounters.AddAsync(judged, unitOfWork, cancellationToken);
        await ConversionQueue.ClickedAsync(judged, unitOfWork, cancellationToken);
        foreach (var judgement in judgements.Where(judgement => judgement.IsNews)) unitOfWork.Enqueue(judgement.ToEvent(ids.Next()));
        return batch.Count == BatchSize;
    }

    private async Task<ILookup<Guid, Visit>> AroundAsync(IReadOnlyList<Row> batch, Guid[] deliveries, CancellationToken cancellationToken) =>
        (await unitOfWork.QueryAsync<Visit>(
            """
            SELECT r.id, r.delivery_id, r.kind, r.link, r.occurred_at, r.user_agent, r.network::text AS network, NULL::timestamptz AS sent_at
            FROM responses r WHERE r.delivery_id = ANY(@deliveries) AND r.occurred_at BETWEEN @from AND @to AND r.kind IN ('clicked', 'probed', 'trapped')
            """,
            new { deliveries, from = batch[0].OccurredAt - ResponseSignals.Around, to = batch[^1].OccurredAt + ResponseSignals.Around },
            cancellationToken)).ToLookup(visit => visit.DeliveryId);

    /// <summary>What each delivery has had its first of already.</summary>
    private async Task<HashSet<Seen>> FirstsAsync(Guid[] deliveries, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<FirstRow>(
            """
            SELECT delivery_id, kind, link, first, first_human, first_link, first_link_human FROM responses
            WHERE delivery_id = ANY(@deliveries) AND judged_at IS NOT NULL AND (first OR first_human OR first_link OR first_link_human)
            """,
            new { deliveries },
            cancellationToken);
        var seen = new HashSet<Seen>();
        foreach (var row in rows)
        {
            if (row.First) seen.Add(new Seen(row.DeliveryId, row.Kind, null, Human: false));
            if (row.FirstHuman) seen.Add(new Seen(row.DeliveryId, row.Kind, null, Human: true));
            if (row.FirstLink) seen.Add(new Seen(row.DeliveryId, row.Kind, row.Link, Human: false));
            if (row.FirstLinkHuman) seen.Add(new Seen(row.DeliveryId, row.Kind, row.Link, Human: true));
        }

        return seen;
    }

    private Judgement Judge(Row row, IEnumerable<Visit> around, HashSet<Seen> seen)
    {
        var signals = _signals.Of(row.ToVisit(), [.. around]);
        var verdict = ResponseRule.Current.Decide(signals);
        var human = verdict == ResponseRule.HumanVerdict;
        return new Judgement(
            row, signals, verdict,
            First: seen.Add(new Seen(row.DeliveryId, row.Kind, null, Human: false)),
            FirstHuman: human && seen.Add(new Seen(row.DeliveryId, row.Kind, null, Human: true)),
            FirstLink: row.Link is not null && seen.Add(new Seen(row.DeliveryId, row.Kind, row.Link, Human: false)),
            FirstLinkHuman: human && row.Link is not null && seen.Add(new Seen(row.DeliveryId, row.Kind, row.Link, Human: true)));
    }

    private Task<int> WriteAsync(Judgement[] judgements, DateTimeOffset now, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        WITH judged AS (
            UPDATE responses r SET signals = string_to_array(j.signals, ' '), verdict = j.verdict, rule_version = @Version, judged_at = @now,
                first = j.first, first_human = j.first_human, first_link = j.first_link, first_link_human = j.first_link_human
            FROM unnest(@responses, @signals, @verdicts, @firsts, @firstHumans, @firstLinks, @firstLinkHumans)
                AS j (id, signals, verdict, first, first_human, first_link, first_link_human)
            WHERE r.id = j.id
            RETURNING r.delivery_id, r.kind, r.occurred_at, r.first_human),
        reached AS (
            SELECT delivery_id, min(occurred_at) FILTER (WHERE kind = 'opened') AS opened_at, min(occurred_at) FILTER (WHERE kind = 'clicked') AS clicked_at
            FROM judged WHERE first_human AND kind IN ('opened', 'clicked') GROUP BY delivery_id)
        UPDATE deliveries d SET opened_at = coalesce(d.opened_at, x.opened_at), clicked_at = coalesce(d.clicked_at, x.clicked_at)
        FROM reached x WHERE d.delivery_id = x.delivery_id
        """,
        new
        {
            now, ResponseRule.Current.Version,
            responses = judgements.Select(judgement => judgement.Row.Id).ToArray(),
            signals = judgements.Select(judgement => string.Join(' ', judgement.Signals)).ToArray(),
            verdicts = judgements.Select(judgement => judgement.Verdict).ToArray(),
            firsts = judgements.Select(judgement => judgement.First).ToArray(),
            firstHumans = judgements.Select(judgement => judgement.FirstHuman).ToArray(),
            firstLinks = judgements.Select(judgement => judgement.FirstLink).ToArray(),
            firstLinkHumans = judgements.Select(judgement => judgement.FirstLinkHuman).ToArray(),
        },
        cancellationToken);

    private readonly record struct Seen(Guid DeliveryId, string Kind, int? Link, bool Human);

    private sealed record FirstRow(Guid DeliveryId, string Kind, int? Link, bool First, bool FirstHuman, bool FirstLink, bool FirstLinkHuman);

    private sealed record Row(
        Guid Id, Guid DeliveryId, string Kind, int? Link, DateTimeOffset OccurredAt, string? UserAgent, string? Network, DateTimeOffset? SentAt,
        Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, string? Url)
    {
        public Visit ToVisit() => new(Id, DeliveryId, Kind, Link, OccurredAt, UserAgent, Network, SentAt);
    }

    private sealed record Judgement(Row Row, IReadOnlyList<string> Signals, string Verdict, bool First, bool FirstHuman, bool FirstLink, bool FirstLinkHuman)
    {
        private bool Automated => Verdict != ResponseRule.HumanVerdict;

        /// <summary>The first opening and the first click of each link; again when the first that a person did comes after a program's.</summary>
        public bool IsNews => Row.Kind switch
        {
            "opened" => First || FirstHuman,
            "clicked" => FirstLink || FirstLinkHuman,
            _ => false, // whoever records the other kinds tells them at once
        };

        public CampaignResponded ToEvent(Guid eventId) => new(
            eventId, Row.OccurredAt, Row.CampaignId, Row.CampaignName, Row.DeliveryId, Row.CustomerId, Row.Channel,
            Row.Kind == "opened" ? ResponseKind.Opened : ResponseKind.Clicked, Row.Url, Automated: Automated);
    }
}
