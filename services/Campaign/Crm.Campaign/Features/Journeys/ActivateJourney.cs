using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Features.Approvals;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Journeys;

/// <summary>
/// Publishes what was saved as the next version, which new contacts follow, and starts the journey. Each action that sends gets a triggered
/// campaign; one of an earlier version goes on where the action and its text are the same, so that its statistics go on too.
/// </summary>
internal static class ActivateJourney
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys/{id:guid}/activate", async (Guid id, UnitOfWork unitOfWork, Ids ids, TimeProvider time, IOptions<ApprovalOptions> approval, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, ids, time, approval.Value, actor.Required, cancellationToken)).ToOk())
            .WithName("ActivateJourney").WithSummary("Publishes the saved definition and starts").AllowRoles(JourneyRights.Writers);

    private static async Task<Result<JourneyResponse>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ApprovalOptions approval, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindOwnAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        if (journey.State == "ended") return JourneyErrors.WrongState(journey.State, "a draft, active or paused");
        var scoped = await JourneyCheck.ScopeAsync(new JourneyRequest(journey.Name, default, journey.AudienceTag, journey.DailyLimit), journey.Owner, unitOfWork, cancellationToken);
        if (scoped.Error is { } refused) return refused;
        var definition = DefinitionParser.ParseStored(journey.Definition);
        if (await JourneyCheck.ReferencesAsync(definition, journey.Owner, unitOfWork, cancellationToken) is { } unknown) return unknown;

        var unchanged = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT EXISTS (SELECT FROM journey_versions v JOIN journeys j ON j.id = v.journey_id WHERE j.id = @id AND v.version = j.published AND v.definition = j.definition)",
            new { id },
            cancellationToken);
        if (unchanged && journey.State == "active") return JourneyErrors.NothingToPublish;

        // What only goes on as it was published was looked at then.
        if (!unchanged && await JourneyApproval.CheckAsync(id, definition, journey.AudienceTag, approval, unitOfWork, time, cancellationToken) is { } refusal) return refusal;

        var (now, version) = (time.GetUtcNow(), unchanged ? journey.Published!.Value : (journey.Published ?? 0) + 1);
        if (!unchanged) await PublishAsync(journey, version, definition, unitOfWork, ids, now, actor, cancellationToken);
        await JourneyCampaigns.ResumeAsync(id, unitOfWork, cancellationToken);
        return (await unitOfWork.QuerySingleOrDefaultAsync<JourneyRow>(
            $"""
            UPDATE journeys SET version = version + 1, state = 'active', published = @version, trigger_on = @On, changed_at = @now, activated_at = coalesce(activated_at, @now),
                listens = ARRAY(SELECT DISTINCT unnest(listens || @listens) ORDER BY 1)
            WHERE id = @id RETURNING {JourneyRow.Columns}
            """,
            new { id, version, definition.Trigger.On, listens = ListensTo(definition), now },
            cancellationToken))!.ToResponse();
    }

    private static async Task PublishAsync(
        JourneyRow journey, int version, JourneyDefinition definition, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, Actor actor, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO journey_versions (journey_id, version, definition, goals, published_by, published_at)
            SELECT id, @version, definition, @goals, @Subject, @now FROM journeys WHERE id = @Id;
            DELETE FROM journey_sweeps s WHERE s.journey_id = @Id AND NOT EXISTS (
                SELECT FROM journey_versions v JOIN journeys j ON j.id = v.journey_id WHERE j.id = @Id AND v.version = j.published AND v.definition->'trigger' = j.definition->'trigger');
            DELETE FROM journey_segment_members m WHERE m.journey_id = @Id AND NOT EXISTS (SELECT FROM journey_sweeps s WHERE s.journey_id = @Id)
            """,
            new { journey.Id, version, goals = definition.Goals.Keys.ToArray(), actor.Subject, now },
            cancellationToken);
        foreach (var send in definition.Nodes.Values.OfType<JourneyNode.Send>())
        {
            var campaignId = await JourneyCampaigns.ForAsync(journey, version, send, unitOfWork, ids, now, actor, cancellationToken);
            await unitOfWork.ExecuteAsync(
                "INSERT INTO journey_sends (journey_id, version, node, campaign_id) VALUES (@JourneyId, @version, @Node, @campaignId)",
                new { JourneyId = journey.Id, version, Node = send.Id, campaignId },
                cancellationToken);
        }
    }

    private static string[] ListensTo(JourneyDefinition definition) =>
    [
        definition.Trigger.On,
        .. definition.Goals.Keys,
        .. definition.Nodes.Values.OfType<JourneyNode.WaitUntil>().Select(wait => wait.Event ?? "criteria"),
    ];
}
