using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <summary>What a sales rep may automate.</summary>
/// <param name="Templates">Ids.</param>
internal sealed record AutomationGrant(string Owner, string[] Tags, string[] Templates, int DailyLimit)
{
    public static Task<AutomationGrant?> FindAsync(string owner, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<AutomationGrant>("SELECT owner, tags, templates::text[] AS templates, daily_limit FROM journey_grants WHERE owner = @owner", new { owner }, cancellationToken);
}

/// <summary>A rep's journey as it may run; of marketing all is null.</summary>
internal sealed record JourneyScope(string? Owner, string? AudienceTag, int? DailyLimit);

/// <summary>Asked when a journey is saved and again when it is activated: grants and what it refers to may have changed in between.</summary>
internal static class JourneyCheck
{
    /// <summary>Limits of who saves it.</summary>
    public static async Task<Result<JourneyScope>> ScopeAsync(JourneyRequest request, string? owner, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (owner is null) return request.AudienceTag is null ? new JourneyScope(null, null, request.DailyLimit) : JourneyErrors.TagOfReps;
        if (await AutomationGrant.FindAsync(owner, unitOfWork, cancellationToken) is not { } grant) return JourneyErrors.NoGrant;
        if (request.AudienceTag is not { } tag) return JourneyErrors.TagNeeded;
        if (!grant.Tags.Contains(tag)) return JourneyErrors.TagNotGranted(tag);
        if (request.DailyLimit > grant.DailyLimit) return JourneyErrors.LimitNotGranted(grant.DailyLimit);
        return new JourneyScope(owner, tag, request.DailyLimit ?? grant.DailyLimit);
    }

    /// <summary>Whatever the definition names exists, and its owner may use it.</summary>
    public static async Task<Error?> ReferencesAsync(JourneyDefinition definition, string? owner, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (definition.Trigger is JourneyTrigger.Segment { SegmentId: var segmentId }
            && !await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM segments WHERE id = @segmentId)", new { segmentId }, cancellationToken))
        {
            return CampaignErrors.UnknownSegment("definition.trigger.segmentId");
        }

        var grant = owner is null ? null : await AutomationGrant.FindAsync(owner, unitOfWork, cancellationToken);
        if (owner is not null && grant is null) return JourneyErrors.NoGrant;
        var wanted = definition.Nodes.Values.OfType<JourneyNode.Send>().Select(send => send.TemplateId).Distinct().ToArray();
        var known = (await unitOfWork.QueryAsync<KnownTemplate>("SELECT id, channel FROM templates WHERE id = ANY(@wanted)", new { wanted }, cancellationToken))
            .ToDictionary(template => template.Id, template => template.Channel);
        foreach (var (node, index) in definition.Nodes.Values.Select((node, index) => (node, index)))
        {
            var place = $"definition.nodes[{index}]";
            if (node is JourneyNode.Send send)
            {
                if (!known.TryGetValue(send.TemplateId, out var channel)) return CampaignErrors.UnknownTemplate($"{place}.templateId");
                if (channel != send.Channel) return CampaignErrors.TemplateOfOtherChannel(channel, send.Channel) with { Field = $"{place}.templateId" };
            }

            if (grant is null) continue;
            if (node is JourneyNode.Send own && !grant.Templates.Contains(own.TemplateId.ToString())) return JourneyErrors.TemplateNotGranted($"{place}.templateId");
            if (node is JourneyNode.Tag or JourneyNode.Points) return JourneyErrors.ActionNotGranted($"{place}.kind");
        }

        return null;
    }

    private sealed record KnownTemplate(Guid Id, string Channel);
}
