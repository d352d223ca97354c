using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <summary>The triggered campaigns that a journey sends through: they stop and go on with it.</summary>
internal static class JourneyCampaigns
{
    /// <summary>The campaign of the version before, where it would send the same; otherwise a new one, running at once.</summary>
    public static async Task<Guid> ForAsync(
        JourneyRow journey, int version, JourneyNode.Send send, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, Actor actor, CancellationToken cancellationToken)
    {
        var same = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            """
            SELECT c.id FROM journey_sends s JOIN campaigns c ON c.id = s.campaign_id JOIN templates t ON t.id = c.template_id
            WHERE s.journey_id = @JourneyId AND s.version = @version - 1 AND s.node = @Node AND c.template_id = @TemplateId AND c.channel = @Channel
                AND c.sender_name = @SenderName AND c.from_address = @FromAddress AND c.template_version = t.version AND c.state IN ('sending', 'paused')
            """,
            new { JourneyId = journey.Id, version, Node = send.Id, send.TemplateId, send.Channel, send.SenderName, send.FromAddress },
            cancellationToken);
        if (same is { } id) return id;

        id = ids.Next();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaigns (id, version, name, kind, template_id, channel, sender_name, from_address, holdout_percent, state, epoch, template_version,
                created_by, created_at, launched_at)
            SELECT @id, 1, @name, 'triggered', t.id, @Channel, @SenderName, @FromAddress, 0, 'sending', 1, t.version, @Subject, @now, @now
            FROM templates t WHERE t.id = @TemplateId
            """,
            new { id, name = NameOf(journey, send), send.Channel, send.SenderName, send.FromAddress, send.TemplateId, actor.Subject, now },
            cancellationToken);
        // What a message costs and is to bring in is as it was in the version before.
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_plans (campaign_id, currency, budget, expected_revenue, message_costs, point_cost, owner, goal, tags, changed_by, changed_at)
            SELECT @id, p.currency, p.budget, p.expected_revenue, p.message_costs, p.point_cost, p.owner, p.goal, p.tags, @Subject, @now
            FROM journey_sends s JOIN campaign_plans p ON p.campaign_id = s.campaign_id
            WHERE s.journey_id = @JourneyId AND s.version = @version - 1 AND s.node = @Node
            """,
            new { id, JourneyId = journey.Id, version, Node = send.Id, actor.Subject, now },
            cancellationToken);
        return id;
    }

    public static Task PauseAsync(Guid journeyId, UnitOfWork unitOfWork, CancellationToken cancellationToken) => SetAsync(journeyId, "sending", "paused", null, unitOfWork, cancellationToken);

    public static Task ResumeAsync(Guid journeyId, UnitOfWork unitOfWork, CancellationToken cancellationToken) => SetAsync(journeyId, "paused", "sending", null, unitOfWork, cancellationToken);

    public static async Task CancelAsync(Guid journeyId, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await SetAsync(journeyId, "sending", "cancelled", now, unitOfWork, cancellationToken);
        await SetAsync(journeyId, "paused", "cancelled", now, unitOfWork, cancellationToken);
    }

    private static Task<int> SetAsync(Guid journeyId, string from, string to, DateTimeOffset? finishedAt, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        UPDATE campaigns SET state = @to, version = version + 1, epoch = epoch + 1, finished_at = @finishedAt
        WHERE state = @from AND id IN (SELECT campaign_id FROM journey_sends WHERE journey_id = @journeyId)
        """,
        new { journeyId, from, to, finishedAt },
        cancellationToken);

    private static string NameOf(JourneyRow journey, JourneyNode.Send send)
    {
        var name = $"{journey.Name}: {send.Id}";
        return name.Length <= 200 ? name : name[..200];
    }
}
