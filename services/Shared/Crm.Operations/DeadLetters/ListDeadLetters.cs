using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Operations.DeadLetters;

/// <summary>The dead letters of a service, those that failed last first.</summary>
internal static class ListDeadLetters
{
    /// <param name="Id">Of the dead letter; <c>messageId</c> is the message's.</param>
    /// <param name="State">waiting, replayed, discarded.</param>
    public sealed record DeadLetter(
        Guid Id, string Queue, Guid MessageId, string MessageType, string ErrorType, string Error, string State, int Failures, DateTimeOffset FirstFailedAt, DateTimeOffset FailedAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/operations/dead-letters", async (PageRequest page, string? state, string? queue, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(page, state, queue, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListDeadLetters").WithSummary("Messages that no try could handle")
        .AllowRoles(Roles.Ops);

    private static async Task<Result<Page<DeadLetter>>> Handle(PageRequest page, string? state, string? queue, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (state is not (null or "waiting" or "replayed" or "discarded")) return DeadLetterErrors.UnknownState;
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<DeadLetter>(
            $"""
            SELECT id, queue, message_id, message_type, error_type, error, state, failures, first_failed_at, failed_at FROM dead_letters
            WHERE state = @state AND (@queue::text IS NULL OR queue = @queue)
            {(after is null ? "" : "AND (failed_at, id) < (@failedAt, @id)")}
            ORDER BY failed_at DESC, id DESC LIMIT @limit
            """,
            new { state = state ?? "waiting", queue, failedAt = after?.FailedAt, id = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<DeadLetter>.From(rows, page.Limit, row => new Position(row.FailedAt, row.Id));
    }

    private sealed record Position(DateTimeOffset FailedAt, Guid Id);
}

internal static class DeadLetterErrors
{
    public static readonly Error NotFound = Error.NotFound("operations.dead_letter_not_found", "There is no such dead letter.");
    public static readonly Error UnknownState = Error.Invalid("operations.unknown_state", "state is waiting, replayed or discarded.", "state");
    public static readonly Error BrokerAway = Error.Unavailable("operations.broker_away", "The broker did not take the messages, or their queue is gone. They wait as before; try again.");
    public static readonly Error NoneGiven = Error.Invalid("operations.ids_invalid", "ids holds 1 to 200 dead letters.", "ids");
    public static readonly Error ReasonMissing = Error.Invalid("operations.reason_invalid", "reason has 3 to 500 characters.", "reason");
}
