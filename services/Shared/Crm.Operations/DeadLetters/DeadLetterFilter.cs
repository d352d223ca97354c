using System.Text.Json;
using Crm.ServiceDefaults.Hosting;
using Dapper;
using MassTransit;
using Npgsql;

namespace Crm.Operations.DeadLetters;

/// <summary>
/// Keeps what no try could handle, with why, in the database of its consumer. While that is away the message goes back to its queue, so that it
/// is in one place or the other. A message that fails again after a replay is the same dead letter, waiting again.
/// </summary>
public sealed partial class DeadLetterFilter(NpgsqlDataSource database, Ids ids, TimeProvider time, ILogger<DeadLetterFilter> log) : IFilter<ExceptionReceiveContext>
{
    private const int LongestError = 2_000;
    private const int LongestStack = 8_000;

    public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        var body = context.Body.GetBytes();
        var (messageId, type) = Envelope(body);
        var queue = context.InputAddress.Segments[^1];
        var error = context.Exception.GetBaseException();
        await using (var connection = await database.OpenConnectionAsync(context.CancellationToken))
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                INSERT INTO dead_letters (id, queue, message_id, message_type, content_type, body, error_type, error, stack, first_failed_at, failed_at)
                VALUES (@id, @queue, @messageId, @type, @contentType, @body, @errorType, @message, @stack, @now, @now)
                ON CONFLICT (queue, message_id) DO UPDATE SET state = 'waiting', failures = dead_letters.failures + 1, failed_at = excluded.failed_at,
                    body = excluded.body, error_type = excluded.error_type, error = excluded.error, stack = excluded.stack
                """,
                new
                {
                    id = ids.Next(), queue, messageId = messageId ?? ids.Next(), type, contentType = context.ContentType?.ToString(), body,
                    errorType = error.GetType().FullName, message = Text(error.Message, LongestError), stack = Text(context.Exception.ToString(), LongestStack), now = time.GetUtcNow(),
                },
                cancellationToken: context.CancellationToken));
        }

        Kept(log, type, messageId, queue, error.Message);
        await next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("deadLetters");

    /// <summary>The id and the type (<c>urn:message:NAMESPACE:NAME</c>) that MassTransit's envelope tells; what is no envelope is kept all the same.</summary>
    private static (Guid? Id, string Type) Envelope(byte[] body)
    {
        try
        {
            var envelope = JsonElement.Parse(body);
            var type = envelope.TryGetProperty("messageType", out var types) && types.ValueKind == JsonValueKind.Array && types.GetArrayLength() > 0 ? types[0].GetString() : null;
            return (envelope.TryGetProperty("messageId", out var id) && id.TryGetGuid(out var guid) ? guid : null,
                type?.Split(':', 3)[^1].Replace(':', '.') ?? "unknown");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return (null, "unknown");
        }
    }

    /// <summary>No text of PostgreSQL holds a NUL, or half of a surrogate pair (which a cut may leave too).</summary>
    private static string Text(string text, int longest) =>
        string.Concat(text[..Math.Min(text.Length, longest)].Replace('\0', '\uFFFD').EnumerateRunes());

    [LoggerMessage(LogLevel.Error, "{Type} {MessageId} of {Queue} could not be handled and is kept as a dead letter: {Reason}")]
    private static partial void Kept(ILogger log, string type, Guid? messageId, string queue, string reason);
}
