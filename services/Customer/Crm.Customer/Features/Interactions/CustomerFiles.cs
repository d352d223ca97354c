using System.Buffers;
using System.Security.Cryptography;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;

namespace Crm.Customer.Features.Interactions;

/// <summary>
/// Files about a customer, ten megabytes each and a hundred a customer at most, kept in PostgreSQL with their hash. They go out as a
/// download that no browser opens, under the type that their first bytes tell, whatever the sender called them.
/// </summary>
internal static class CustomerFiles
{
    private const int MaxSize = 10 * 1024 * 1024;
    private const int MaxFiles = 100;
    private static readonly SearchValues<char> Forbidden = SearchValues.Create("/\\\"<>:|?*");

    internal sealed class Response
    {
        public Guid Id { get; init; }
        public string Name { get; init; } = "";
        public string ContentType { get; init; } = "";
        public int Size { get; init; }
        public string UploadedBy { get; init; } = "";
        public DateTimeOffset UploadedAt { get; init; }
    }

    private sealed record Position(Guid Id);

    private sealed class Stored
    {
        public string Name { get; init; } = "";
        public string ContentType { get; init; } = "";
        public byte[] Content { get; init; } = [];
        public bool IsSealed { get; init; }
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/files", async (Guid id, PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync(id, page, actor.Required, unitOfWork, cancellationToken)))
            .WithName("ListFiles").AllowRoles(Roles.Staff);
        api.MapPost("/customers/{id:guid}/files", async (
                Guid id, string name, HttpRequest http, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time,
                CancellationToken cancellationToken, string? visibility = null) =>
            (await AddAsync(id, name, visibility, http.Body, store, timeline, keys, unitOfWork, actor.Required, ids, time, cancellationToken)).ToCreated(file => $"/api/customer/v1/customers/{id}/files/{file.Id}"))
            .WithName("AddFile").Accepts<byte[]>("application/octet-stream").WithMetadata(new RequestSizeLimitAttribute(MaxSize)).AllowRoles(Roles.CustomerEditors);
        api.MapGet("/customers/{id:guid}/files/{fileId:guid}", async (Guid id, Guid fileId, HttpResponse http, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            await FindAsync(id, fileId, actor.Required, keys, unitOfWork, cancellationToken) is { } file ? Download(file, http) : CustomerErrors.FileNotFound.ToProblem())
            .WithName("GetFile").Produces<byte[]>(200, "application/octet-stream").AllowRoles(Roles.Staff);
    }

    private static async Task<Page<Response>> ListAsync(Guid id, PageRequest page, Actor reader, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Response>(
            $"""
            SELECT id, name, content_type, size, uploaded_by, uploaded_at FROM customer_files
            WHERE customer_id = @id AND (@after::uuid IS NULL OR id < @after) AND {GetTimeline.VisibleTo} ORDER BY id DESC LIMIT @limit
            """,
            new { id, after = page.After<Position>()?.Id, limit = page.Limit + 1, unit = "unit:" + reader.Unit, user = "user:" + reader.Subject },
            cancellationToken);
        return Page<Response>.From(rows, page.Limit, row => new Position(row.Id));
    }

    /// <summary>A file whose key is gone is not there, whoever brought its row back.</summary>
    private static async Task<Stored?> FindAsync(Guid id, Guid fileId, Actor reader, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var file = await unitOfWork.QuerySingleOrDefaultAsync<Stored>(
            $"SELECT name, content_type, content, is_sealed FROM customer_files WHERE id = @fileId AND customer_id = @id AND {GetTimeline.VisibleTo}",
            new { id, fileId, unit = "unit:" + reader.Unit, user = "user:" + reader.Subject },
            cancellationToken);
        if (file is not { IsSealed: true }) return file;
        return await keys.Open().BytesAsync(file.Content, fileId, "content", cancellationToken) is { } content ? new Stored { Name = file.Name, ContentType = file.ContentType, Content = content } : null;
    }

    private static async Task<Result<Response>> AddAsync(
        Guid id, string name, string? visibility, Stream body, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        name = check.Required(name, "name", 200);
        if (name.AsSpan().ContainsAny(Forbidden) || name is "." or "..") check.Fail(CustomerErrors.FileNameInvalid("name"));
        var seenBy = EntryVisibility.From(visibility, actor, check);
        if (check.Error is { } error) return error;
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        if (await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM customer_files WHERE customer_id = @id", new { id }, cancellationToken) >= MaxFiles) return CustomerErrors.TooManyFields("name", MaxFiles);

        using var buffer = new MemoryStream();
        await body.CopyToAsync(buffer, cancellationToken);
        var content = buffer.ToArray();
        if (content.Length == 0) return CustomerErrors.FileIsEmpty;
        var fileId = ids.Next();
        var now = time.GetUtcNow();
        var (stored, isSealed) = await keys.SealAsync(id, fileId, "content", content, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO customer_files (id, customer_id, name, content_type, size, sha256, content, is_sealed, visibility, uploaded_by, uploaded_at)
            VALUES (@fileId, @id, @name, @type, @Length, @sha256, @stored, @isSealed, @seenBy, @by, @now)
            """,
            new { fileId, id, name, type = TypeOf(content), content.Length, sha256 = SHA256.HashData(stored), stored, isSealed, seenBy, by = actor.Name, now },
            cancellationToken);
        await timeline.AppendAsync([TimelineEntry.Of(id, now, "file.added", fileId.ToString(), "customer", $"file:{fileId}", ("name", name), ("author", actor.Name))], seenBy, cancellationToken);
        return new Response { Id = fileId, Name = name, ContentType = TypeOf(content), Size = content.Length, UploadedBy = actor.Name, UploadedAt = now };
    }

    private static IResult Download(Stored file, HttpResponse http)
    {
        http.Headers.XContentTypeOptions = "nosniff";
        http.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        return Results.File(file.Content, file.ContentType, file.Name); // with a name it is an attachment
    }

    /// <summary>By the first bytes; what is not one of these is just bytes (HTML and SVG with scripts among them).</summary>
    private static string TypeOf(ReadOnlySpan<byte> content) =>
        content.StartsWith("%PDF-"u8) ? "application/pdf"
        : content.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) ? "image/png"
        : content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : "application/octet-stream";
}
