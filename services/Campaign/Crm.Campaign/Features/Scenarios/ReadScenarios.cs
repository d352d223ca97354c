using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Scenarios;

public sealed record ScenarioVersion(long Version, string Name, ScenarioContent Content, string ChangedBy, DateTimeOffset ChangedAt);

/// <param name="Journeys">What its journeys do, by step.</param>
public sealed record ScenarioFigures(Guid ScenarioId, long Version, IReadOnlyList<ScenarioJourneyFigures> Journeys, IReadOnlyList<ScenarioCampaignFigures> Campaigns);

/// <param name="Reached">Contacts who left with success.</param>
public sealed record ScenarioJourneyFigures(string Step, Guid JourneyId, string Name, string State, long Entered, long Waiting, long Left, long Reached, long Sent, long Clicked);

public sealed record ScenarioCampaignFigures(string Step, Guid CampaignId, string Name, string State, long Recipients, long Sent, long Clicked);

internal static class ReadScenarios
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/scenarios", ListAsync).WithName("ListScenarios").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);
        api.MapGet("/scenarios/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) => (await FindAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetScenario").WithSummary("One scenario").AllowRoles(MarketingRights.Readers);
        api.MapGet("/scenarios/{id:guid}/versions", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await VersionsAsync(id, page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListScenarioVersions").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);
        api.MapGet("/scenarios/{id:guid}/figures", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) => (await FiguresAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetScenarioFigures").WithSummary("Measured figures of its journeys and campaigns").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Ok<Page<ScenarioResponse>>> ListAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await ScenarioRow.ListAsync(page.After<CursorKey>()?.Id, page.Limit + 1, unitOfWork, cancellationToken);
        return TypedResults.Ok(Page<ScenarioResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id)));
    }

    private static async Task<Result<ScenarioResponse>> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken) is { } row ? row.ToResponse() : JourneyErrors.ScenarioNotFound;

    private static async Task<Result<Page<ScenarioVersion>>> VersionsAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken) is null) return JourneyErrors.ScenarioNotFound;
        var rows = await unitOfWork.QueryAsync<VersionRow>(
            """
            SELECT version, name, content::text AS content, changed_by, changed_at FROM scenario_versions
            WHERE scenario_id = @id AND (@before::bigint IS NULL OR version < @before) ORDER BY version DESC LIMIT @limit + 1
            """,
            new { id, before = page.After<VersionKey>()?.Version, limit = page.Limit },
            cancellationToken);
        return Page<ScenarioVersion>.From(
            [.. rows.Select(row => new ScenarioVersion(row.Version, row.Name, ScenarioRow.ReadContent(row.Content), row.ChangedBy, row.ChangedAt))], page.Limit, row => new VersionKey(row.Version));
    }

    private static async Task<Result<ScenarioFigures>> FiguresAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await ScenarioRow.FindAsync(id, unitOfWork, cancellationToken) is not { } scenario) return JourneyErrors.ScenarioNotFound;
        var actions = ScenarioRow.ReadContent(scenario.Content).Steps
            .SelectMany(step => (step.Actions ?? []).Where(action => action.Kind is "journey" or "campaign").Select(action => (Step: step.Name, action.Kind, Id: Guid.Parse(action.Ref)))).ToArray();
        Guid[] Of(string kind) => [.. actions.Where(action => action.Kind == kind).Select(action => action.Id).Distinct()];
        var journeys = (await unitOfWork.QueryAsync<JourneyFigures>(
            """
            SELECT j.id, j.name, j.state,
                coalesce((SELECT sum(c.passed) FROM journey_counts c WHERE c.journey_id = j.id AND c.node = ''), 0)::bigint AS entered,
                coalesce((SELECT sum(c.waiting) FROM journey_counts c WHERE c.journey_id = j.id), 0)::bigint AS waiting,
                coalesce((SELECT sum(c.left_here) FROM journey_counts c WHERE c.journey_id = j.id), 0)::bigint AS "left",
                coalesce((SELECT sum(c.left_here) FROM journey_counts c
                    JOIN journey_versions v ON v.journey_id = c.journey_id AND v.version = c.version
                    CROSS JOIN LATERAL jsonb_array_elements(v.definition->'nodes') AS n
                    WHERE c.journey_id = j.id AND n->>'id' = c.node AND n->>'kind' = 'goal'), 0)::bigint AS reached,
                coalesce((SELECT sum(k.sent) FROM chunks k WHERE k.campaign_id IN (SELECT campaign_id FROM journey_sends s WHERE s.journey_id = j.id)), 0)::bigint AS sent,
                (SELECT count(*) FROM responses r WHERE r.kind = 'clicked' AND r.first AND r.campaign_id IN (
                    SELECT campaign_id FROM journey_sends s WHERE s.journey_id = j.id)) AS clicked
            FROM journeys j WHERE j.id = ANY(@ids)
            """,
            new { ids = Of("journey") },
            cancellationToken)).ToDictionary(row => row.Id);
        var campaigns = (await unitOfWork.QueryAsync<CampaignFigures>(
            """
            SELECT c.id, c.name, c.state, coalesce(sum(k.recipients), 0)::bigint AS recipients, coalesce(sum(k.sent), 0)::bigint AS sent,
                (SELECT count(*) FROM responses r WHERE r.campaign_id = c.id AND r.kind = 'clicked' AND r.first) AS clicked
            FROM campaigns c LEFT JOIN chunks k ON k.campaign_id = c.id WHERE c.id = ANY(@ids) GROUP BY c.id
            """,
            new { ids = Of("campaign") },
            cancellationToken)).ToDictionary(row => row.Id);
        return new ScenarioFigures(
            id, scenario.Version,
            [.. actions.Where(action => action.Kind == "journey").Select(action => journeys[action.Id].ToFigures(action.Step))],
            [.. actions.Where(action => action.Kind == "campaign").Select(action => campaigns[action.Id].ToFigures(action.Step))]);
    }

    private sealed record CursorKey(Guid Id);

    private sealed record VersionKey(long Version);

    private sealed record VersionRow(long Version, string Name, string Content, string ChangedBy, DateTimeOffset ChangedAt);

    private sealed record JourneyFigures(Guid Id, string Name, string State, long Entered, long Waiting, long Left, long Reached, long Sent, long Clicked)
    {
        public ScenarioJourneyFigures ToFigures(string step) => new(step, Id, Name, State, Entered, Waiting, Left, Reached, Sent, Clicked);
    }

    private sealed record CampaignFigures(Guid Id, string Name, string State, long Recipients, long Sent, long Clicked)
    {
        public ScenarioCampaignFigures ToFigures(string step) => new(step, Id, Name, State, Recipients, Sent, Clicked);
    }
}
