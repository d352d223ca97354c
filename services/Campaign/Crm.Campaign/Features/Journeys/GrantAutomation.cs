using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Journeys;

/// <param name="Tags">Contacts with one of them are the rep's to automate for; none: the rep may not automate.</param>
/// <param name="TemplateIds">Texts that the rep may send.</param>
/// <param name="DailyLimit">Messages of all the rep's journeys per day of the business zone.</param>
public sealed record AutomationGrantRequest(
    [property: Required, MaxLength(50)] IReadOnlyList<string> Tags, [property: Required, MaxLength(200)] IReadOnlyList<Guid> TemplateIds, [property: Range(0, 100_000)] int DailyLimit);

public sealed record AutomationGrantResponse(
    string Owner, long Version, IReadOnlyList<string> Tags, IReadOnlyList<Guid> TemplateIds, int DailyLimit, string GrantedBy, DateTimeOffset GrantedAt) : IVersioned;

/// <summary>
/// What a sales rep may automate. A grant that gets narrower counts at once: journeys that go beyond it are paused. Caps, quiet hours and
/// consent are the sending engine's and hold for a rep's journeys as for all.
/// </summary>
internal static class GrantAutomation
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPut("/journey-grants/{owner}", async (string owner, AutomationGrantRequest request, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(owner, request, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("GrantAutomation").WithSummary("Sets what a sales rep may automate").AllowRoles(JourneyRights.Granters);
        api.MapGet("/journey-grants", ListAsync).WithName("ListAutomationGrants").WithSummary("Who may automate, and within what").AllowRoles([.. JourneyRights.Granters, Roles.SalesRep]);
    }

    private static async Task<Result<AutomationGrantResponse>> HandleAsync(
        string owner, AutomationGrantRequest request, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (owner.Length > 200) return Error.Unprocessable("campaign.automation_owner", "The subject of a person has at most 200 characters.", "owner");
        var tag = request.Tags.Select((text, index) => (text, index)).FirstOrDefault(pair => pair.text is not { Length: > 0 and <= 100 } || pair.text.Any(char.IsControl));
        if (tag != default) return Error.Unprocessable("campaign.automation_tag", "A tag has 1 to 100 characters.", $"tags[{tag.index}]");
        var templates = request.TemplateIds.Distinct().ToArray();
        var known = await unitOfWork.QueryAsync<Guid>("SELECT id FROM templates WHERE id = ANY(@templates)", new { templates }, cancellationToken);
        if (known.Count < templates.Length) return CampaignErrors.UnknownTemplate($"templateIds[{request.TemplateIds.ToList().FindIndex(id => !known.Contains(id))}]");

        var granted = (await unitOfWork.QuerySingleOrDefaultAsync<GrantRow>(
            $"""
            INSERT INTO journey_grants (owner, version, tags, templates, daily_limit, granted_by, granted_at) VALUES (@owner, 1, @tags, @templates, @DailyLimit, @Subject, @now)
            ON CONFLICT (owner) DO UPDATE SET version = journey_grants.version + 1, tags = excluded.tags, templates = excluded.templates,
                daily_limit = excluded.daily_limit, granted_by = excluded.granted_by, granted_at = excluded.granted_at
            RETURNING {GrantRow.Columns}
            """,
            new { owner, tags = request.Tags.Distinct().ToArray(), templates, request.DailyLimit, actor.Subject, now = time.GetUtcNow() },
            cancellationToken))!;
        await unitOfWork.ExecuteAsync("UPDATE journeys SET daily_limit = @DailyLimit, version = version + 1 WHERE owner = @owner AND daily_limit > @DailyLimit", new { owner, request.DailyLimit }, cancellationToken);
        foreach (var beyond in await BeyondAsync(granted, unitOfWork, cancellationToken))
        {
            await unitOfWork.ExecuteAsync("UPDATE journeys SET state = 'paused', version = version + 1 WHERE id = @beyond", new { beyond }, cancellationToken);
            await JourneyCampaigns.PauseAsync(beyond, unitOfWork, cancellationToken);
        }

        return granted.ToResponse();
    }

    private static Task<IReadOnlyList<Guid>> BeyondAsync(GrantRow granted, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Guid>(
        """
        SELECT j.id FROM journeys j WHERE j.owner = @Owner AND j.state = 'active' AND (NOT j.audience_tag = ANY(@Tags) OR EXISTS (
            SELECT FROM journey_sends s JOIN campaigns c ON c.id = s.campaign_id WHERE s.journey_id = j.id AND s.version = j.published AND NOT c.template_id::text = ANY(@Templates)))
        ORDER BY j.id FOR NO KEY UPDATE OF j
        """,
        new { granted.Owner, granted.Tags, granted.Templates },
        cancellationToken);

    private static async Task<Ok<Page<AutomationGrantResponse>>> ListAsync(PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<GrantRow>(
            $"SELECT {GrantRow.Columns} FROM journey_grants WHERE (@after::text IS NULL OR owner > @after) AND (@own::text IS NULL OR owner = @own) ORDER BY owner LIMIT @limit + 1",
            new { after = page.After<CursorKey>()?.Owner, own = JourneyRights.LimitedTo(actor.Required), limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<AutomationGrantResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Owner)));
    }

    private sealed record CursorKey(string Owner);

    private sealed record GrantRow(string Owner, long Version, string[] Tags, string[] Templates, int DailyLimit, string GrantedBy, DateTimeOffset GrantedAt)
    {
        public const string Columns = "owner, version, tags, templates::text[] AS templates, daily_limit, granted_by, granted_at";

        public AutomationGrantResponse ToResponse() => new(Owner, Version, Tags, [.. Templates.Select(Guid.Parse)], DailyLimit, GrantedBy, GrantedAt);
    }
}
