using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Approvals;

/// <param name="State">requested, approved, rejected; superseded by a later request; void: what it was about was changed since.</param>
/// <param name="Contacts">Who fitted the journey's entry when approval was asked for, and who had entered it by then.</param>
/// <param name="Fingerprint">SHA-256 of the content that was put before the approver.</param>
/// <param name="Changed">What is different now: definition, scope, segments, templates.</param>
public sealed record JourneyApprovalResponse(
    Guid Id, Guid JourneyId, string JourneyName, string State, long Contacts, string Fingerprint, string? Comment, string RequestedBy, DateTimeOffset RequestedAt,
    string? DecidedBy, DateTimeOffset? DecidedAt, string? Reason, IReadOnlyList<string> Changed);

internal sealed record JourneyApprovalRow(
    Guid Id, Guid JourneyId, string JourneyName, string State, long Contacts, string Fingerprint, string? Comment, string RequestedBy, DateTimeOffset RequestedAt,
    string? DecidedBy, DateTimeOffset? DecidedAt, string? Reason, string[] Changed)
{
    /// <summary>Approvals <c>a</c> with their journeys <c>j</c>; a condition follows.</summary>
    public const string Select =
        $"""
        SELECT a.id, a.journey_id, j.name AS journey_name, a.state, a.contacts, encode(sha256(convert_to(a.content::text, 'UTF8')), 'hex') AS fingerprint,
            a.comment, a.requested_by, a.requested_at, a.decided_by, a.decided_at, a.reason,
            CASE WHEN a.state <> 'superseded' THEN ARRAY(
                SELECT coalesce(o.key, n.key) FROM jsonb_each(a.content) o FULL JOIN jsonb_each({JourneyContent.Sql}) n ON n.key = o.key
                WHERE o.value IS DISTINCT FROM n.value ORDER BY 1) ELSE ARRAY[]::text[] END AS changed
        FROM journey_approvals a JOIN journeys j ON j.id = a.journey_id
        """;

    public static Task<JourneyApprovalRow?> FindAsync(Guid approvalId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<JourneyApprovalRow>($"{Select} WHERE a.id = @approvalId", new { approvalId }, cancellationToken);

    public JourneyApprovalResponse ToResponse() => new(
        Id, JourneyId, JourneyName, State is "requested" or "approved" && Changed.Length > 0 ? "void" : State, Contacts, Fingerprint, Comment,
        RequestedBy, RequestedAt, DecidedBy, DecidedAt, Reason, Changed);
}

/// <summary>Everything about a journey that decides who gets what and when.</summary>
internal static class JourneyContent
{
    private const string Id = "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}";

    /// <summary>Segments that the definition of journey <c>j</c> names, and theirs.</summary>
    private const string UsedSegments =
        $"""
        WITH RECURSIVE used AS (
            SELECT s.id, s.version, s.criteria FROM regexp_matches(j.definition::text, '{Id}', 'g') AS named JOIN segments s ON s.id = named[1]::uuid
            UNION
            SELECT s.id, s.version, s.criteria FROM used u CROSS JOIN LATERAL regexp_matches(u.criteria::text, '{Id}', 'g') AS named
            JOIN segments s ON s.id = named[1]::uuid)
        """;

    private const string UsedTemplates = $"SELECT t.id, t.version FROM templates t WHERE t.id IN (SELECT named[1]::uuid FROM regexp_matches(j.definition::text, '{Id}', 'g') AS named)";

    /// <summary>Expression over the journey row <c>j</c>: a JSON object whose members are the parts that can change.</summary>
    public const string Sql =
        $"""
        jsonb_build_object(
            'definition', j.definition,
            'scope', jsonb_build_object('owner', j.owner, 'audienceTag', j.audience_tag, 'dailyLimit', j.daily_limit),
            'segments', ({UsedSegments} SELECT jsonb_agg(jsonb_build_object('id', id, 'version', version, 'criteria', criteria) ORDER BY id) FROM used),
            'templates', (SELECT jsonb_agg(jsonb_build_object('id', t.id, 'version', t.version) ORDER BY t.id) FROM ({UsedTemplates}) t))
        """;

    /// <summary>Until the transaction ends nobody changes the journey, its segments or its templates: what is checked is what is published.</summary>
    public static async Task LockAsync(Guid journeyId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("SELECT 1 FROM journeys WHERE id = @journeyId FOR NO KEY UPDATE", new { journeyId }, cancellationToken);
        await unitOfWork.ExecuteAsync(
            $"SELECT 1 FROM templates l WHERE l.id IN (SELECT u.id FROM journeys j CROSS JOIN LATERAL ({UsedTemplates}) u WHERE j.id = @journeyId) ORDER BY l.id FOR SHARE OF l",
            new { journeyId },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            $"SELECT 1 FROM segments l WHERE l.id IN (SELECT u.id FROM journeys j CROSS JOIN LATERAL ({UsedSegments} SELECT id FROM used) u WHERE j.id = @journeyId) ORDER BY l.id FOR SHARE OF l",
            new { journeyId },
            cancellationToken);
    }
}

/// <summary>Four eyes for what runs by itself: a journey that many may enter is published as a second person approved it, or not at all.</summary>
internal static class JourneyApproval
{
    /// <summary>Why the journey may not be published as it is, or null. Keeps what it looked at from changing until the transaction ends.</summary>
    public static async Task<Error?> CheckAsync(
        Guid journeyId, JourneyDefinition definition, string? audienceTag, ApprovalOptions options, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!definition.Nodes.Values.Any(node => node is JourneyNode.Send or JourneyNode.Points)) return null; // reaches nobody and gives nothing
        await JourneyContent.LockAsync(journeyId, unitOfWork, cancellationToken);
        var current = await unitOfWork.QuerySingleOrDefaultAsync<JourneyApprovalRow>(
            $"{JourneyApprovalRow.Select} WHERE a.journey_id = @journeyId AND a.state <> 'superseded'", new { journeyId }, cancellationToken);
        if (current is { State: "rejected", Changed: [] }) return ApprovalErrors.Rejected(current.Reason);

        var allowed = current is null ? 0 : current.Contacts + current.Contacts * options.GrowthPercent / 100;
        var contacts = await CountAsync(journeyId, definition, audienceTag, Math.Max(allowed, options.AboveRecipients) + 1, unitOfWork, time, cancellationToken);
        if (contacts <= options.AboveRecipients) return null;
        return current switch
        {
            { State: "approved", Changed: [] } when contacts <= allowed => null,
            { State: "approved", Changed: [] } => ApprovalErrors.JourneyGrew(current.Contacts, options.GrowthPercent),
            { State: "approved" } => ApprovalErrors.Void(current.Changed),
            _ => ApprovalErrors.JourneyRequired(options.AboveRecipients, current is { State: "requested" }),
        };
    }

    /// <summary>
    /// Who fits the entry now and who has entered so far, counted no further than <paramref name="limit"/>: a journey goes on for years, so nobody
    /// can know better beforehand than by who could be in it.
    /// </summary>
    public static async Task<long> CountAsync(
        Guid journeyId, JourneyDefinition definition, string? audienceTag, long limit, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var criteria = definition.Trigger.Criteria ?? new Criterion.All([]);
        if (definition.Trigger is JourneyTrigger.Segment { SegmentId: var segmentId })
        {
            var segment = (await GetSegment.FindAsync(segmentId, unitOfWork, cancellationToken))!;
            criteria = new Criterion.All([CriteriaParser.ParseStored(segment.Criteria), criteria]);
        }

        var compiled = CriteriaCompiler.Compile(criteria, time.GetUtcNow());
        compiled.Parameters.AddDynamicParams(new { journeyId, audienceTag, countLimit = limit });
        return await unitOfWork.QuerySingleOrDefaultAsync<long>(
            $"""
            SELECT count(*) FROM (
                SELECT a.customer_id FROM audience a
                WHERE a.profile_version IS NOT NULL AND (@audienceTag::text IS NULL OR a.tags @> ARRAY[@audienceTag]) AND {compiled.Sql}
                UNION SELECT e.customer_id FROM journey_entries e WHERE e.journey_id = @journeyId LIMIT @countLimit) reached
            """,
            compiled.Parameters,
            cancellationToken);
    }
}
