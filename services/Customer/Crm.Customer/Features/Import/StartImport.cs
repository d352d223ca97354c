using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Features.Intake;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;

namespace Crm.Customer.Features.Import;

/// <summary>
/// Takes a CSV file of up to a gigabyte and imports it in the background (with <c>dryRun</c>: counts what it would do). The file is kept in
/// pieces until the import is done, so that whoever is left after a crash goes on where the other one stopped.
/// </summary>
internal static class StartImport
{
    private const int MaxFile = 1024 * 1024 * 1024;
    private const int ChunkSize = 1024 * 1024;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/import-jobs", async (
                string source, HttpRequest http, UnitOfWork unitOfWork, ActorAccessor actor, ImportSignal signal, Ids ids, TimeProvider time, CancellationToken cancellationToken,
                string? fileName = null, bool dryRun = false) =>
            (await HandleAsync(source, fileName, dryRun, http.Body, unitOfWork, actor.Required, signal, ids, time, cancellationToken)).ToAccepted(job => $"/api/customer/v1/import-jobs/{job.Id}"))
            .WithName("StartImport")
            .Accepts<string>("text/csv")
            .WithMetadata(new RequestSizeLimitAttribute(MaxFile))
            .AllowRoles(Roles.CustomerEditors);
        api.MapPut("/import-mappings/{source}", async (
                string source, Dictionary<string, string?> mapping, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await RememberAsync(source, mapping, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
            .WithName("RememberImportMapping")
            .AllowRoles(Roles.CustomerEditors);
        api.MapGet("/import-mappings/{source}", async (string source, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ImportJob.MappingAsync(source, unitOfWork, cancellationToken) ?? []))
            .WithName("GetImportMapping")
            .AllowRoles(Roles.Staff);
    }

    private static async Task<Result<ImportJob>> HandleAsync(
        string source, string? fileName, bool dryRun, Stream body, UnitOfWork unitOfWork, Actor actor, ImportSignal signal, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (CustomerDetails.SourceRefusal(source, "-", out _) is { } badSource) return badSource;
        var check = new InputCheck();
        fileName = check.Text(fileName, "fileName", 200);
        if (check.Error is { } error) return error;

        var id = ids.Next();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO import_jobs (id, source, file_name, dry_run, state, size, sha256, mapping, started_by, created_at, changed_at)
            VALUES (@id, @source, @fileName, @dryRun, 'waiting', 0, '', (SELECT mapping FROM import_mappings WHERE source = @source), @Subject, @now, @now)
            """,
            new { id, source, fileName, dryRun, actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        var (size, sha256) = await StoreAsync(id, body, unitOfWork, cancellationToken);
        if (size == 0) return CustomerErrors.FileEmpty;
        await unitOfWork.ExecuteAsync(
            """
            UPDATE import_jobs SET size = @size, sha256 = @sha256, same_file_as =
                (SELECT id FROM import_jobs WHERE source = @source AND sha256 = @sha256 AND NOT dry_run AND state = 'done' ORDER BY id LIMIT 1) WHERE id = @id
            """,
            new { id, source, size, sha256 },
            cancellationToken);
        signal.Raise();
        return (await ImportJob.FindAsync(id, unitOfWork, cancellationToken))!;
    }

    private static async Task<(long Size, byte[] Sha256)> StoreAsync(Guid id, Stream body, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            long size = 0;
            for (var n = 0; ; n++)
            {
                var read = await body.ReadAtLeastAsync(buffer.AsMemory(0, ChunkSize), ChunkSize, throwOnEndOfStream: false, cancellationToken);
                if (read == 0) return (size, sha256.GetHashAndReset());
                sha256.AppendData(buffer, 0, read);
                size += read;
                await unitOfWork.ExecuteAsync("INSERT INTO import_chunks (job_id, n, content) VALUES (@id, @n, @content)", new { id, n, content = buffer.AsSpan(0, read).ToArray() }, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<Result<Dictionary<string, string?>>> RememberAsync(
        string source, Dictionary<string, string?> mapping, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        if (CustomerDetails.SourceRefusal(source, "-", out _) is { } badSource) return badSource;
        if (mapping.Count > 100) return CustomerErrors.TooManyFields("mapping", 100);
        foreach (var (header, column) in mapping)
        {
            if (header.Length > 200 || (column is not null && !CsvCustomers.Columns.Contains(column))) return CustomerErrors.MappingInvalid(header.Length > 50 ? header[..50] : header);
        }

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO import_mappings (source, mapping, changed_by, changed_at) VALUES (@source, @mapping::jsonb, @Subject, @now)
            ON CONFLICT (source) DO UPDATE SET mapping = excluded.mapping, changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """,
            new { source, mapping = JsonSerializer.Serialize(mapping), actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        return mapping;
    }
}
