using System.Text;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Operations.DeadLetters;

/// <summary>One dead letter with its message, the stack of its failure and what was decided about it.</summary>
internal static class ReadDeadLetter
{
    /// <param name="Body">The message as it came, read as UTF-8; empty once it was decided about.</param>
    public sealed record Response(
        Guid Id, string Queue, Guid MessageId, string MessageType, string ErrorType, string Error, string Stack, string State, int Failures,
        DateTimeOffset FirstFailedAt, DateTimeOffset FailedAt, string Body, IReadOnlyList<DeadLetterDecision> Decisions);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/operations/dead-letters/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetDeadLetter").WithSummary("One with its message, its failure and what was decided")
        .AllowRoles(Roles.Ops);

    private static async Task<Result<Response>> Handle(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT id, queue, message_id, message_type, error_type, error, stack, state, failures, first_failed_at, failed_at, body
            FROM dead_letters WHERE id = @id
            """,
            new { id },
            cancellationToken);
        if (row is null) return DeadLetterErrors.NotFound;
        var decisions = await unitOfWork.QueryAsync<DeadLetterDecision>(
            "SELECT action, reason, decided_by, decided_at FROM dead_letter_decisions WHERE dead_letter_id = @id ORDER BY decided_at DESC, id DESC LIMIT 50",
            new { id },
            cancellationToken);
        return new Response(
            row.Id, row.Queue, row.MessageId, row.MessageType, row.ErrorType, row.Error, row.Stack, row.State, row.Failures, row.FirstFailedAt, row.FailedAt,
            Encoding.UTF8.GetString(row.Body), decisions);
    }

    private sealed record Row(
        Guid Id, string Queue, Guid MessageId, string MessageType, string ErrorType, string Error, string Stack, string State, int Failures,
        DateTimeOffset FirstFailedAt, DateTimeOffset FailedAt, byte[] Body);
}

/// <param name="Action">replayed, discarded.</param>
public sealed record DeadLetterDecision(string Action, string? Reason, string DecidedBy, DateTimeOffset DecidedAt);
