using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Operations.DeadLetters;

/// <summary>
/// Sends dead letters back to their queues, with the ids that they had: consumers know those, so that what was half done is not done twice, not
/// even where the broker has the message and this transaction is lost.
/// </summary>
internal static class ReplayDeadLetters
{
    private const int Most = 200;

    /// <summary>After that the inbox has forgotten the message's id: a copy that was handled would count again.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    public sealed record Request(IReadOnlyList<Guid> Ids);

    /// <param name="TooOld">Failed first more than 30 days ago; they wait on, to be discarded.</param>
    /// <param name="NotWaiting">Decided about before, or unknown.</param>
    public sealed record Response(int Replayed, int TooOld, int NotWaiting);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/operations/dead-letters/replay", async (
            Request request, UnitOfWork unitOfWork, Broker broker, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, unitOfWork, broker, actor, ids, time, cancellationToken)).ToOk())
        .WithName("ReplayDeadLetters").WithSummary("Sends them back to their queues")
        .AllowRoles(Roles.Ops);

    private static async Task<Result<Response>> Handle(
        Request request, UnitOfWork unitOfWork, Broker broker, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Ids.Count is 0 or > Most) return DeadLetterErrors.NoneGiven;
        var now = time.GetUtcNow();
        var waiting = await unitOfWork.QueryAsync<Row>(
            """
            SELECT id, queue, message_id, content_type, body, first_failed_at FROM dead_letters
            WHERE id = ANY(@ids) AND state = 'waiting' ORDER BY first_failed_at, id FOR UPDATE
            """,
            new { ids = request.Ids.ToArray() },
            cancellationToken);
        var replayed = waiting.Where(row => row.FirstFailedAt > now - Remembered).ToList();
        if (replayed.Count > 0)
        {
            // Decided before it is sent: if it fails again at once, its consumer waits for this row and then writes the newer state.
            await DecideAsync(replayed.Select(row => row.Id), "replayed", null, unitOfWork, actor, ids, now, cancellationToken);
            if (!await broker.SendAsync([.. replayed.Select(row => new QueuedMessage(row.Queue, row.MessageId, row.ContentType, row.Body))], cancellationToken))
                return DeadLetterErrors.BrokerAway;
        }

        return new Response(replayed.Count, waiting.Count - replayed.Count, request.Ids.Distinct().Count() - waiting.Count);
    }

    /// <summary>The message itself is kept no longer: it may be about people, and comes again if its consumer fails again.</summary>
    internal static Task<int> DecideAsync(
        IEnumerable<Guid> letters, string action, string? reason, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var decided = letters.ToArray();
        return unitOfWork.ExecuteAsync(
            """
            UPDATE dead_letters SET state = @action, body = '' WHERE id = ANY(@decided);
            INSERT INTO dead_letter_decisions (id, dead_letter_id, action, reason, decided_by, decided_at)
            SELECT id, letter, @action, @reason, @by, @now FROM unnest(@decisions, @decided) AS d (id, letter)
            """,
            new { decided, decisions = decided.Select(_ => ids.Next()).ToArray(), action, reason, by = actor.Required.Subject, now },
            cancellationToken);
    }

    private sealed record Row(Guid Id, string Queue, Guid MessageId, string? ContentType, byte[] Body, DateTimeOffset FirstFailedAt);
}
