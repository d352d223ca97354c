using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using MassTransit;

namespace Crm.Kernel.Sample;

public sealed record WriteNote([property: Required, StringLength(100, MinimumLength = 1)] string Text, Guid? Id = null, [property: Range(1, 5)] int Stars = 1);

public sealed record Note(Guid Id, string Text, int Stars, long Version) : IVersioned;

public sealed record NoteWritten(Guid EventId, DateTimeOffset OccurredAt, Guid NoteId, string Text, long Version);

internal static class Notes
{
    public static readonly Error NotFound = Error.NotFound("sample.note_not_found", "There is no such note.");

    public static void MapNotes(this WebApplication app)
    {
        var api = app.MapApi("sample");
        api.MapPost("/notes", async (WriteNote request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Write(request, unitOfWork, ids, time, cancellationToken)).ToCreated(note => $"/api/sample/v1/notes/{note.Id}")).AllowRoles(Roles.SalesRep);
        api.MapPut("/notes/{id:guid}", async (Guid id, WriteNote request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Change(id, request, ifMatch, unitOfWork, cancellationToken)).ToOk()).AllowRoles(Roles.SalesRep);
        api.MapGet("/notes/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Get(id, unitOfWork, cancellationToken)).ToOk()).AllowRoles(Roles.Staff);
        api.MapGet("/notes", async (PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            await List(page, unitOfWork, cancellationToken)).AllowRoles(Roles.Staff);
    }

    private static async Task<Result<Note>> Write(WriteNote request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Text == "forbidden") return Error.Unprocessable("sample.forbidden_word", "That word is not for notes.", "text");
        var note = new Note(request.Id ?? ids.Next(), request.Text, request.Stars, 1);
        await unitOfWork.ExecuteAsync("INSERT INTO notes (id, text, stars, version) VALUES (@Id, @Text, @Stars, @Version)", note, cancellationToken);
        unitOfWork.Enqueue(new NoteWritten(ids.Next(), time.GetUtcNow(), note.Id, note.Text, note.Version));
        return note;
    }

    private static async Task<Result<Note>> Change(Guid id, WriteNote request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<Note>(
            "UPDATE notes SET text = @Text, stars = @Stars, version = version + 1 WHERE id = @id AND version = @Version RETURNING id, text, stars, version",
            new { id, request.Text, request.Stars, ifMatch.Version },
            cancellationToken);
        if (changed is not null) return changed;
        var exists = await Get(id, unitOfWork, cancellationToken);
        return exists.IsSuccess ? Error.Stale("sample.note_stale", "The note was changed meanwhile.") : NotFound;
    }

    private static async Task<Result<Note>> Get(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var note = await unitOfWork.QuerySingleOrDefaultAsync<Note>("SELECT id, text, stars, version FROM notes WHERE id = @id", new { id }, cancellationToken);
        return note is null ? NotFound : note;
    }

    private static async Task<Page<Note>> List(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Note>(
            "SELECT id, text, stars, version FROM notes WHERE @after::uuid IS NULL OR id > @after ORDER BY id LIMIT @limit",
            new { after = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Note>.From(rows, page.Limit, note => new Position(note.Id));
    }

    private sealed record Position(Guid Id);
}

/// <summary>Counts the notes by their first letter: a projection that shows at once when an event counts twice.</summary>
public sealed class NoteWrittenConsumer(UnitOfWork unitOfWork) : IConsumer<NoteWritten>
{
    public async Task Consume(ConsumeContext<NoteWritten> context)
    {
        if (context.Message.Text.StartsWith("poison", StringComparison.Ordinal)) throw new InvalidOperationException("This note cannot be counted.");
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO note_counts (note_id, count, version, text) VALUES (@NoteId, 1, @Version, @Text)
            ON CONFLICT (note_id) DO UPDATE SET
                count = note_counts.count + 1,
                text = CASE WHEN note_counts.version < excluded.version THEN excluded.text ELSE note_counts.text END,
                version = greatest(note_counts.version, excluded.version)
            """,
            context.Message,
            context.CancellationToken);
    }
}
