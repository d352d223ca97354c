using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Approvals;

/// <summary>
/// Everything about a campaign that decides who gets what and when: what an approver sees and approves. What is not left out below
/// matters, so that a column that is added later does too.
/// </summary>
internal static class CampaignContent
{
    private const string Id = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}";

    /// <summary>
    /// The segment of campaign <c>c</c> and the segments that its criteria name, and theirs. Ids are searched for in the text of the criteria: whatever
    /// form a reference has, it is found.
    /// </summary>
    private const string UsedSegments =
        $"""
        WITH RECURSIVE used AS (
            SELECT s.id, s.version, s.criteria FROM segments s WHERE s.id = c.segment_id
            UNION
            SELECT s.id, s.version, s.criteria FROM used u CROSS JOIN LATERAL regexp_matches(u.criteria::text, '{Id}', 'g') AS named
            JOIN segments s ON s.id = named[1]::uuid)
        """;

    /// <summary>Expression over the campaign row <c>c</c>: a JSON object whose members are the parts that can change.</summary>
    public const string Sql =
        $"""
        jsonb_build_object(
            'campaign', to_jsonb(c) - ARRAY['version', 'state', 'epoch', 'criteria', 'template_version', 'dispatched_up_to', 'dispatched_at', 'launched_at', 'finished_at', 'archived_at'],
            'segment', ({UsedSegments} SELECT jsonb_agg(jsonb_build_object('id', id, 'version', version, 'criteria', criteria) ORDER BY id) FROM used),
            'template', (SELECT jsonb_build_object('id', t.id, 'version', t.version) FROM templates t WHERE t.id = c.template_id),
            'plan', (SELECT to_jsonb(p) - ARRAY['changed_by', 'changed_at'] FROM campaign_plans p WHERE p.campaign_id = c.id),
            'pacing', (SELECT to_jsonb(p) FROM campaign_pacing p WHERE p.campaign_id = c.id),
            'calls', (SELECT to_jsonb(l) FROM call_lists l WHERE l.campaign_id = c.id),
            'attribution', (SELECT to_jsonb(a) FROM campaign_attributions a WHERE a.campaign_id = c.id),
            'experiment', (SELECT to_jsonb(e) FROM campaign_experiments e WHERE e.campaign_id = c.id),
            'variants', (
                SELECT jsonb_agg(to_jsonb(v) - ARRAY['prepared', 'links'] || jsonb_build_object('templateVersion', t.version) ORDER BY v.position)
                FROM campaign_variants v JOIN templates t ON t.id = v.template_id WHERE v.campaign_id = c.id))
        """;

    /// <summary>Until the transaction ends nobody changes the campaign, its segments or its template: what is checked is what is launched.</summary>
    public static async Task LockAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("SELECT 1 FROM campaigns WHERE id = @campaignId FOR NO KEY UPDATE", new { campaignId }, cancellationToken);
        await unitOfWork.ExecuteAsync(
            "SELECT 1 FROM templates t WHERE t.id IN (SELECT template_id FROM campaigns WHERE id = @campaignId UNION ALL SELECT template_id FROM campaign_variants WHERE campaign_id = @campaignId) ORDER BY t.id FOR SHARE OF t", new { campaignId }, cancellationToken);
        await unitOfWork.ExecuteAsync(
            $"""
            SELECT 1 FROM segments l WHERE l.id IN (
                SELECT used.id FROM campaigns c CROSS JOIN LATERAL ({UsedSegments} SELECT id FROM used) AS used WHERE c.id = @campaignId)
            ORDER BY l.id FOR SHARE OF l
            """,
            new { campaignId },
            cancellationToken);
    }
}
