using System.Globalization;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Receipts;

/// <summary>Puts a receipt together from the ledger, the evidence that was kept, and the campaign as launched.</summary>
internal sealed class ReceiptReader(UnitOfWork unitOfWork, TrackingTokens tokens, TimeProvider time)
{
    private const string Deliveries =
        """
        SELECT d.delivery_id, d.campaign_id, c.name AS campaign_name, d.customer_id, d.channel, d.state, d.reason, d.occasion,
            coalesce(x.template_id, c.template_id) AS template_id, CASE WHEN x.name IS NULL THEN c.template_version END AS template_version, d.language, d.variant, d.email, d.provider, d.attempts,
            d.reply, d.not_before, d.timed, d.claimed_at, d.sent_at, c.criteria::text AS criteria, coalesce(k.taken_at, e.taken_at) AS taken_at, coalesce(k.facts, e.facts)::text AS facts,
            CASE WHEN k.taken_at IS NULL THEN e.consent_at ELSE k.consent_at END AS consent_at,
            coalesce(x.links, v.links) AS links
        FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id
        LEFT JOIN LATERAL (
            SELECT taken_at, facts[place] AS facts, consents[place] AS consent_at
            FROM chunk_evidence, array_position(deliveries, d.delivery_id) AS place WHERE campaign_id = d.campaign_id AND chunk = d.chunk AND place IS NOT NULL) k ON true
        LEFT JOIN delivery_evidence e ON e.delivery_id = d.delivery_id -- of releases before chunk_evidence
        LEFT JOIN campaign_variants x ON x.campaign_id = d.campaign_id AND x.name = d.variant
        LEFT JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
        """;

    public async Task<ReceiptResponse?> OfDeliveryAsync(Guid deliveryId, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<DeliveryRow>($"{Deliveries} WHERE d.delivery_id = @deliveryId", new { deliveryId }, cancellationToken) is { } row
            ? await ToReceiptAsync(row, cancellationToken)
            : null;

    /// <summary>The customer's latest message of the campaign, or why there is none; null for a customer or campaign that is not known.</summary>
    public async Task<ReceiptResponse?> OfCustomerAsync(Guid campaignId, Guid customerId, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<DeliveryRow>(
            $"{Deliveries} WHERE d.campaign_id = @campaignId AND d.customer_id = @customerId ORDER BY d.delivery_id DESC LIMIT 1", new { campaignId, customerId }, cancellationToken);
        return row is not null ? await ToReceiptAsync(row, cancellationToken) : await WithoutMessageAsync(campaignId, customerId, cancellationToken);
    }

    private async Task<ReceiptResponse> ToReceiptAsync(DeliveryRow row, CancellationToken cancellationToken)
    {
        var responses = await unitOfWork.QueryAsync<ResponseRow>(
            "SELECT kind, occurred_at, link, verdict FROM responses WHERE delivery_id = @DeliveryId ORDER BY occurred_at LIMIT 500", new { row.DeliveryId }, cancellationToken);
        return new ReceiptResponse(
            row.CampaignId, row.CampaignName, row.CustomerId, row.Channel, row.State, row.Reason, row.DeliveryId, row.Occasion is "" ? null : row.Occasion,
            new ReceiptMessage(
                row.TemplateId, row.TemplateVersion, row.Language, row.Variant, row.Email, row.Provider, row.Channel == "email" ? tokens.MessageId(row.DeliveryId) : null,
                row.Attempts, row.Reply, row.NotBefore, row.Timed, row.ClaimedAt, row.SentAt),
            Rule(row.Criteria, row.TakenAt, row.Facts, time.GetUtcNow()),
            await ConsentAsync(row.CustomerId, row.Channel, row.TakenAt is null ? null : row.ConsentAt, cancellationToken),
            await SuppressionAsync(row.CustomerId, row.Channel, cancellationToken),
            [.. responses.Select(response => new ReceiptEvent(
                response.Kind, response.OccurredAt, response.Link is { } link && row.Links is { } links && link < links.Length ? links[link] : null, response.Verdict))]);
    }

    private async Task<ReceiptResponse?> WithoutMessageAsync(Guid campaignId, Guid customerId, CancellationToken cancellationToken)
    {
        var campaign = await unitOfWork.QuerySingleOrDefaultAsync<CampaignRow>(
            """
            SELECT c.name, c.channel, coalesce(c.criteria, s.expanded, s.criteria)::text AS criteria, c.launched_at,
                c.dispatched_at IS NOT NULL OR c.dispatched_up_to >= @customerId AS walked
            FROM campaigns c LEFT JOIN segments s ON s.id = c.segment_id WHERE c.id = @campaignId
            """,
            new { campaignId, customerId },
            cancellationToken);
        if (campaign is null) return null;

        var (factsSql, parameters) = DeliveryEvidence.Facts(campaign.Criteria, campaign.LaunchedAt ?? time.GetUtcNow());
        parameters.Add("customerId", customerId);
        var facts = await unitOfWork.QuerySingleOrDefaultAsync<string>(
            $"SELECT ({factsSql})::text FROM audience a WHERE a.customer_id = @customerId", parameters, cancellationToken);
        if (facts is null) return null;
        var reason = campaign.LaunchedAt is null ? "not_launched" : campaign.Walked is true ? "not_in_segment" : "not_reached_yet";
        return new ReceiptResponse(
            campaignId, campaign.Name, customerId, campaign.Channel, "none", reason, null, null, null, Rule(campaign.Criteria, null, facts, time.GetUtcNow()),
            await ConsentAsync(customerId, campaign.Channel, null, cancellationToken), await SuppressionAsync(customerId, campaign.Channel, cancellationToken), []);
    }

    private static ReceiptRule Rule(string? criteria, DateTimeOffset? takenAt, string? facts, DateTimeOffset now)
    {
        if (criteria is null) return new ReceiptRule(null, takenAt, []);
        var known = facts is null ? [] : JsonSerializer.Deserialize<Fact[]>(facts, JsonSerializerOptions.Web)!;
        var (leaves, _) = CriteriaCompiler.CompileLeaves(CriteriaParser.ParseStored(criteria), now);
        return new ReceiptRule(
            JsonSerializer.Deserialize<JsonElement>(criteria), takenAt,
            [.. leaves.Select((leaf, i) => Explain(leaf.Criterion, i < known.Length ? known[i] : new Fact(null, null)))]);
    }

    private static ReceiptFact Explain(Criterion leaf, Fact fact) => leaf switch
    {
        Criterion.Comparison comparison => new ReceiptFact(
            comparison.Field.Name, new LabelResponse(comparison.Field.Indonesian, comparison.Field.English), comparison.Operator,
            comparison.Value is DateOnly date ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : comparison.Value, fact.Value, fact.Holds),
        Criterion.InList list => new ReceiptFact("list", new LabelResponse("Daftar", "List"), "eq", list.ListId, null, fact.Holds),
        _ => throw new InvalidOperationException($"{leaf.GetType().Name} is not a comparison."),
    };

    /// <param name="at">The decision that counted; null: the one of now.</param>
    private async Task<ReceiptConsent?> ConsentAsync(Guid customerId, string channel, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        if (DeliveryEvidence.ConsentChannelOf(channel) is not { } consent) return null;
        var row = await unitOfWork.QuerySingleOrDefaultAsync<ConsentRow>(
            $"""
            SELECT {DeliveryEvidence.ConsentSql(channel, "", "boolean")} AS granted_now, {DeliveryEvidence.ConsentSql(channel, "_at", "timestamptz")} AS decided_now_at,
                n.granted, n.notice, n.source
            FROM audience a LEFT JOIN consent_notices n ON n.customer_id = a.customer_id AND n.channel = @consent AND n.effective_at = coalesce(@at, {DeliveryEvidence.ConsentSql(channel, "_at", "timestamptz")})
            WHERE a.customer_id = @customerId
            """,
            new { customerId, consent, at },
            cancellationToken);
        if (row is null) return null;
        var decidedAt = at ?? row.DecidedNowAt;

        // Told with the customer's record only: what holds now if it is the same decision; else it was a consent, or the message would not have been planned.
        var granted = row.Granted ?? (decidedAt == row.DecidedNowAt ? row.GrantedNow : decidedAt is not null);
        return new ReceiptConsent(consent, "marketing", granted, decidedAt, row.Notice, row.Source, row.GrantedNow, row.DecidedNowAt);
    }

    private Task<ReceiptSuppression?> SuppressionAsync(Guid customerId, string channel, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<ReceiptSuppression>(
            """
            SELECT channel, reason, created_at AS since FROM suppressions WHERE customer_id = @customerId AND channel IN (@channel, 'all') ORDER BY created_at LIMIT 1
            """,
            new { customerId, channel },
            cancellationToken);

    private sealed record DeliveryRow(
        Guid DeliveryId, Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, string State, string? Reason, string? Occasion, Guid TemplateId,
        long? TemplateVersion, string Language, string? Variant, string? Email, string? Provider, int Attempts, string? Reply, DateTimeOffset NotBefore,
        bool Timed, DateTimeOffset? ClaimedAt, DateTimeOffset? SentAt, string? Criteria, DateTimeOffset? TakenAt, string? Facts, DateTimeOffset? ConsentAt, string[]? Links);

    private sealed record Fact(bool? Holds, JsonElement? Value);

    private sealed record CampaignRow(string Name, string Channel, string? Criteria, DateTimeOffset? LaunchedAt, bool? Walked);

    private sealed record ConsentRow(bool GrantedNow, DateTimeOffset? DecidedNowAt, bool? Granted, string? Notice, string? Source);

    private sealed record ResponseRow(string Kind, DateTimeOffset OccurredAt, int? Link, string? Verdict);
}
