using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <param name="Occasion">Id of the business fact.</param>
public sealed record JourneyEvent(Guid CustomerId, string Occasion, DateTimeOffset OccurredAt);

/// <summary>
/// Tells the journeys what happened to customers: called by the consumer that has just changed the audience, in its transaction, so that
/// criteria see what the event brought.
/// </summary>
public sealed class JourneyTriggers
{
    private readonly UnitOfWork _unitOfWork;
    private readonly JourneyEntrance _entrance;
    private readonly TimeProvider _time;
    private readonly JourneyOptions _options;

    internal JourneyTriggers(UnitOfWork unitOfWork, JourneyEntrance entrance, TimeProvider time, IOptions<JourneyOptions> options) =>
        (_unitOfWork, _entrance, _time, _options) = (unitOfWork, entrance, time, options.Value);

    /// <param name="kind">See <see cref="JourneyEvents"/>.</param>
    /// <param name="journeyId">Only that journey; null: all.</param>
    internal async Task RaiseAsync(string kind, IReadOnlyCollection<JourneyEvent> events, CancellationToken cancellationToken, Guid? journeyId = null)
    {
        if (events.Count == 0) return;
        if (JourneyEvents.IsKept(kind)) await KeepAsync(kind, events, cancellationToken);
        var listening = await _unitOfWork.QueryAsync<OpenJourney>(
            $"""
            SELECT {OpenJourney.Columns} FROM journeys
            WHERE state IN ('active', 'paused') AND listens && ARRAY[@kind, 'criteria'] AND (@journeyId::uuid IS NULL OR id = @journeyId) ORDER BY id
            """,
            new { kind, journeyId },
            cancellationToken);
        if (listening.Count == 0) return;

        // First those who wait: an event that begins a journey is not also its goal.
        await WakeAsync(kind, events, listening, cancellationToken);
        var oldest = _time.GetUtcNow() - _options.MaxEventAge;
        var recent = events.Where(@event => @event.OccurredAt >= oldest).Select(@event => new Candidate(@event.CustomerId, @event.Occasion, @event.OccurredAt)).ToArray();
        foreach (var journey in listening.Where(journey => journey.State == "active" && journey.TriggerOn == kind))
        {
            await _entrance.EnterAsync(journey, recent, cancellationToken);
        }
    }

    /// <summary>For simulations.</summary>
    private Task<int> KeepAsync(string kind, IReadOnlyCollection<JourneyEvent> events, CancellationToken cancellationToken) => _unitOfWork.ExecuteAsync(
        """
        INSERT INTO journey_facts (customer_id, kind, occasion, occurred_at)
        SELECT x.customer_id, @kind, x.occasion, x.occurred_at FROM unnest(@customers, @occasions, @instants) AS x (customer_id, occasion, occurred_at)
        ORDER BY x.customer_id, x.occasion ON CONFLICT DO NOTHING
        """,
        new
        {
            kind,
            customers = events.Select(@event => @event.CustomerId).ToArray(),
            occasions = events.Select(@event => @event.Occasion).ToArray(),
            instants = events.Select(@event => @event.OccurredAt.UtcDateTime).ToArray(),
        },
        cancellationToken);

    /// <summary>What they heard is kept with the entry; the worker decides what it means. A paused journey hears it too.</summary>
    private Task<int> WakeAsync(string kind, IReadOnlyCollection<JourneyEvent> events, IReadOnlyList<OpenJourney> listening, CancellationToken cancellationToken)
    {
        var latest = events.GroupBy(@event => @event.CustomerId).Select(same => (CustomerId: same.Key, At: same.Max(@event => @event.OccurredAt))).ToArray();
        return _unitOfWork.ExecuteAsync(
            """
            WITH woken AS (
                SELECT e.journey_id, e.customer_id, e.occasion, (x.occurred_at > e.occurred_at AND (e.waits_for = @kind OR @kind = ANY(v.goals))) IS TRUE AS hears
                FROM unnest(@customers, @instants) AS x (customer_id, occurred_at)
                JOIN journey_entries e ON e.customer_id = x.customer_id AND e.state = 'waiting'
                JOIN journey_versions v ON v.journey_id = e.journey_id AND v.version = e.version
                WHERE e.journey_id = ANY(@journeys) AND (e.waits_for = 'criteria' OR (x.occurred_at > e.occurred_at AND (e.waits_for = @kind OR @kind = ANY(v.goals))))
                ORDER BY e.journey_id, e.customer_id, e.occasion FOR NO KEY UPDATE OF e)
            UPDATE journey_entries e SET due_at = least(e.due_at, @now),
                heard = CASE WHEN w.hears AND NOT @kind = ANY(e.heard) THEN e.heard || @kind ELSE e.heard END
            FROM woken w WHERE e.journey_id = w.journey_id AND e.customer_id = w.customer_id AND e.occasion = w.occasion AND e.state = 'waiting'
            """,
            new
            {
                kind,
                now = _time.GetUtcNow(),
                journeys = listening.Select(journey => journey.Id).ToArray(),
                customers = latest.Select(one => one.CustomerId).ToArray(),
                instants = latest.Select(one => one.At.UtcDateTime).ToArray(),
            },
            cancellationToken);
    }
}
