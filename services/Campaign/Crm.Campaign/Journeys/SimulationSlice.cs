using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

internal sealed record SimulationJob(
    Guid Id, Guid JourneyId, string Definition, string? AudienceTag, DateTimeOffset Since, DateTimeOffset Until, int CapMessages, int CapDays, Guid? PositionInAudience,
    string Report, int Attempts)
{
    public const string Columns =
        "id, journey_id, definition::text AS definition, audience_tag, since, until, cap_messages, cap_days, position AS position_in_audience, report::text AS report, attempts";
}

/// <summary>The next contacts of a simulation, with all that is known of them, bounded on both sides in every statement.</summary>
internal sealed class SimulationSlice(UnitOfWork unitOfWork, IOptions<JourneyOptions> options)
{
    private const int SliceSize = 2_000;
    private SimulationJob _job = null!;
    private object _bounds = null!;

    /// <summary>Adds the slice to the report; the last contact of it, null at the end of the audience.</summary>
    public async Task<Guid?> RunAsync(SimulationJob job, SimulationReport report, CancellationToken cancellationToken)
    {
        var definition = DefinitionParser.ParseStored(job.Definition);
        var after = job.PositionInAudience ?? Guid.Empty;
        var upTo = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            """
            SELECT customer_id FROM (SELECT customer_id FROM audience WHERE customer_id > @after ORDER BY customer_id LIMIT @SliceSize) slice
            ORDER BY customer_id DESC LIMIT 1
            """,
            new { after, SliceSize },
            cancellationToken);
        if (upTo is null) return null;

        (_job, _bounds) = (job, new { after, upTo, job.Since, job.Until, oldest = job.Since.AddDays(-job.CapDays) });
        var criteria = Criteria(definition).ToDictionary(one => (one.Node, one.Place), one => one.Criterion);
        var matching = new Dictionary<(string Node, int Place), HashSet<Guid>>();
        foreach (var (place, criterion) in criteria) matching[place] = await MatchingAsync(criterion, after, upTo.Value, cancellationToken);
        var segment = definition.Trigger is JourneyTrigger.Segment { SegmentId: var id } ? await SegmentAsync(id, after, upTo.Value, cancellationToken) : null;
        var events = (await EventsAsync(cancellationToken)).ToLookup(row => row.CustomerId);
        var messages = (await unitOfWork.QueryAsync<MessageRow>(
            "SELECT customer_id, sent_at FROM deliveries WHERE customer_id > @after AND customer_id <= @upTo AND sent_at >= @oldest AND sent_at < @Until", _bounds, cancellationToken))
            .ToLookup(row => row.CustomerId, row => row.SentAt);
        var channels = definition.Nodes.Values.OfType<JourneyNode.Send>().Select(send => send.Channel).Distinct().ToArray();

        var simulation = new JourneySimulation(job.JourneyId, definition, new SimulationWindow(job.Since, job.Until, job.CapMessages, job.CapDays));
        foreach (var row in await ContactsAsync(definition.Trigger as JourneyTrigger.Date, channels, cancellationToken))
        {
            report.Looked++;
            var zone = options.Value.ZoneOf(row.TimeZone);
            simulation.Run(
                new SimulatedContact(
                    row.CustomerId, zone, row.Date ?? (row.Instant is { } instant ? LocalClock.DateOf(instant, zone) : null), segment?.Contains(row.CustomerId) == true,
                    matching[("", 0)].Contains(row.CustomerId), [.. events[row.CustomerId].Select(past => new PastEvent(past.Kind, past.Occasion, past.At))],
                    JsonSerializer.Deserialize<Dictionary<string, string?>>(row.Reasons)!.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!),
                    (node, place) => matching[(node, place)].Contains(row.CustomerId), [.. messages[row.CustomerId].Order()]),
                report);
        }

        return upTo;
    }

    /// <summary>All criteria that the journey asks, the trigger's under no node.</summary>
    private static IEnumerable<(string Node, int Place, Criterion Criterion)> Criteria(JourneyDefinition definition) =>
        definition.Nodes.Values.SelectMany(node => node switch
        {
            JourneyNode.Branch branch => branch.Branches.Select((way, index) => (branch.Id, index, way.Criteria)),
            JourneyNode.WaitUntil { Criteria: { } criteria } until => [(until.Id, 0, criteria)],
            _ => [],
        }).Append(("", 0, definition.Trigger.Criteria ?? new Criterion.All([])));

    private async Task<HashSet<Guid>> MatchingAsync(Criterion criterion, Guid after, Guid upTo, CancellationToken cancellationToken)
    {
        var compiled = CriteriaCompiler.Compile(criterion, _job.Until, bounded: true);
        compiled.Parameters.AddDynamicParams(new { after, upTo, _job.AudienceTag });
        return [.. await unitOfWork.QueryAsync<Guid>(
            $"""
            SELECT a.customer_id FROM audience a WHERE a.customer_id > @after AND a.customer_id <= @upTo AND a.profile_version IS NOT NULL
                AND (@AudienceTag::text IS NULL OR a.tags @> ARRAY[@AudienceTag]) AND {compiled.Sql}
            """,
            compiled.Parameters,
            cancellationToken)];
    }

    private async Task<HashSet<Guid>> SegmentAsync(Guid segmentId, Guid after, Guid upTo, CancellationToken cancellationToken)
    {
        var criteria = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT coalesce(expanded, criteria)::text FROM segments WHERE id = @segmentId", new { segmentId }, cancellationToken);
        return criteria is null ? [] : await MatchingAsync(CriteriaParser.ParseStored(criteria), after, upTo, cancellationToken);
    }

    private Task<IReadOnlyList<EventRow>> EventsAsync(CancellationToken cancellationToken) => unitOfWork.QueryAsync<EventRow>(
        """
        SELECT customer_id, 'purchaseRecorded' AS kind, 'purchase:' || purchase_id AS occasion, purchased_at AS at FROM audience_purchases
        WHERE customer_id > @after AND customer_id <= @upTo AND purchased_at >= @Since AND purchased_at < @Until
        UNION ALL
        SELECT customer_id, 'customerRegistered', 'registered', registered_at FROM audience
        WHERE customer_id > @after AND customer_id <= @upTo AND registered_at >= @Since AND registered_at < @Until
        UNION ALL
        SELECT customer_id, kind, occasion, occurred_at FROM journey_facts
        WHERE customer_id > @after AND customer_id <= @upTo AND occurred_at >= @Since AND occurred_at < @Until
        ORDER BY 1, 4, 3
        """,
        _bounds,
        cancellationToken);

    private Task<IReadOnlyList<ContactRow>> ContactsAsync(JourneyTrigger.Date? date, string[] channels, CancellationToken cancellationToken)
    {
        var reasons = channels.Length == 0 ? "'{}'" : $"jsonb_build_object({string.Join(", ", channels.Select(channel => $"'{channel}', ({Eligibility.ReasonSql(channel)})"))})::text";
        return unitOfWork.QueryAsync<ContactRow>(
            $"""
            SELECT a.customer_id, a.time_zone, {(date is { Field.IsInstant: false } ? date.Field.Sql : "NULL::date")} AS date,
                {(date is { Field.IsInstant: true } ? date.Field.Sql : "NULL::timestamptz")} AS instant, {reasons} AS reasons
            FROM audience a WHERE a.customer_id > @after AND a.customer_id <= @upTo AND a.profile_version IS NOT NULL ORDER BY a.customer_id
            """,
            _bounds,
            cancellationToken);
    }

    private sealed record EventRow(Guid CustomerId, string Kind, string Occasion, DateTimeOffset At);

    private sealed record MessageRow(Guid CustomerId, DateTimeOffset SentAt);

    private sealed record ContactRow(Guid CustomerId, string? TimeZone, DateOnly? Date, DateTimeOffset? Instant, string Reasons);
}
