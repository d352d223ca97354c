using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Responses;
using Crm.Campaign.Responses;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Statistics;

/// <param name="RuleVersion">Of the bot filter; absent: the current one.</param>
public sealed record JudgementRequest([property: Range(1, int.MaxValue)] int? RuleVersion = null);

public sealed record JudgementResponse(Guid CampaignId, int RuleVersion, long Responses, long Human, long Machine, long Bot);

/// <summary>
/// Applies a version of the bot filter's rule to the stored signals of a campaign's responses, and makes the counters anew. What was told
/// to others (timeline, journeys) is not told again.
/// </summary>
internal static class JudgeResponses
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/responses/judgement", async (Guid id, JudgementRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, cancellationToken)).ToOk())
            .WithName("JudgeResponses").WithSummary("Decides anew which responses were people's, by a version of the rule").AllowRoles(Roles.Marketing);

    private static async Task<Result<JudgementResponse>> HandleAsync(Guid id, JudgementRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (ResponseRule.All.FirstOrDefault(candidate => candidate.Version == (request.RuleVersion ?? ResponseRule.Current.Version)) is not { } rule)
        {
            return Error.Unprocessable("campaign.unknown_rule", $"There are the versions {string.Join(", ", ResponseRule.All.Select(known => known.Version))}.", "ruleVersion");
        }

        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = @id)", new { id }, cancellationToken)) return CampaignErrors.CampaignNotFound;

        await unitOfWork.ExecuteAsync($"SELECT pg_advisory_xact_lock({ResponseSettlement.LockKeySql})", null, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            WITH decided AS (
                SELECT id, delivery_id, kind, link, occurred_at,
                    CASE WHEN signals && @Bot THEN 'bot' WHEN signals && @Machine THEN 'machine' ELSE 'human' END AS verdict
                FROM responses WHERE campaign_id = @id AND judged_at IS NOT NULL),
            placed AS (
                SELECT id, verdict,
                    row_number() OVER (PARTITION BY delivery_id, kind, verdict = 'human' ORDER BY occurred_at, id) AS place,
                    row_number() OVER (PARTITION BY delivery_id, kind, link, verdict = 'human' ORDER BY occurred_at, id) AS place_of_link
                FROM decided),
            judged AS (
                UPDATE responses r SET verdict = p.verdict, rule_version = @Version, first_human = p.verdict = 'human' AND p.place = 1,
                    first_link_human = p.verdict = 'human' AND r.link IS NOT NULL AND p.place_of_link = 1
                FROM placed p WHERE r.id = p.id
                RETURNING r.delivery_id, r.kind, r.occurred_at, r.first_human),
            reached AS (
                SELECT delivery_id, min(occurred_at) FILTER (WHERE first_human AND kind = 'opened') AS opened_at,
                    min(occurred_at) FILTER (WHERE first_human AND kind = 'clicked') AS clicked_at
                FROM judged GROUP BY delivery_id)
            UPDATE deliveries d SET opened_at = x.opened_at, clicked_at = x.clicked_at
            FROM reached x WHERE d.delivery_id = x.delivery_id AND (d.opened_at, d.clicked_at) IS DISTINCT FROM (x.opened_at, x.clicked_at)
            """,
            new { id, rule.Bot, rule.Machine, rule.Version },
            cancellationToken);
        await ResponseCounters.RebuildAsync(id, unitOfWork, cancellationToken);
        await ConversionQueue.JudgedAsync(id, unitOfWork, cancellationToken);
        return await unitOfWork.QuerySingleOrDefaultAsync<JudgementResponse>(
            """
            SELECT @id AS campaign_id, @Version AS rule_version, coalesce(sum(raw), 0)::bigint AS responses, coalesce(sum(human), 0)::bigint AS human,
                coalesce(sum(machine), 0)::bigint AS machine, coalesce(sum(raw - human - machine), 0)::bigint AS bot
            FROM response_counts WHERE campaign_id = @id
            """,
            new { id, rule.Version },
            cancellationToken) ?? throw new InvalidOperationException("An aggregate has one row.");
    }
}
