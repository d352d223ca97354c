using System.Security.Cryptography;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Npgsql;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// Seals what was written before the keys of single persons were in use. Runs at every start and ends when nothing is left; any number of
/// replicas may run it: a text that changed or was sealed meanwhile is left alone.
/// </summary>
internal sealed partial class EarlierTexts(SubjectKeys keys, IServiceScopeFactory scopes, TimeProvider time, ILogger<EarlierTexts> log) : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);

    /// <param name="Column">What the text is sealed for, as where it is written.</param>
    /// <param name="Text">Expression over a row.</param>
    private sealed record Place(string Table, string Row, string Column, string Text, string Where, string Set);

    // The conditions are those of the indexes of migration 0172. What an erasure has emptied is not among them.
    private static readonly Place[] Places =
    [
        new("timeline_entries", "entry_id", "text", "args->>'text'", """kind = 'note.added' AND (args->>'text') COLLATE "C" > U&'\0002'""", "args = jsonb_set(args, '{text}', to_jsonb(@stored))"),
        new("mentions", "entry_id", "mention", "text", """text COLLATE "C" > U&'\0002'""", "text = @stored"),
        new("activities", "id", "body", "body", """body COLLATE "C" > U&'\0002'""", "body = @stored"),
        new("agreements", "id", "body", "body", """body COLLATE "C" > U&'\0002'""", "body = @stored"),
    ];

    internal sealed class Written
    {
        public Guid Row { get; init; }
        public Guid Owner { get; init; }
        public string Text { get; init; } = "";
        public byte[] Content { get; init; } = [];
    }

    /// <summary>Returns how many texts and files were sealed.</summary>
    internal async Task<int> SealAsync(CancellationToken cancellationToken)
    {
        var total = 0;
        foreach (var place in Places)
        {
            for (var sealedNow = 1; sealedNow > 0; total += sealedNow) sealedNow = await SealBatchAsync(place, cancellationToken);
        }

        for (var sealedNow = 1; sealedNow > 0; total += sealedNow) sealedNow = await SealFileAsync(cancellationToken);
        return total;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!keys.AreInUse) return;
        await Task.Yield();
        while (true)
        {
            try
            {
                var count = await SealAsync(stoppingToken);
                if (count > 0) Sealed(log, count);
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or ErrorException)
            {
                Failed(log, exception.Message);
            }

            await Task.Delay(Again, time, stoppingToken);
        }
    }

    private async Task<int> SealBatchAsync(Place place, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var rows = await unitOfWork.QueryAsync<Written>(
            $"""
            SELECT {place.Row} AS row, coalesce(recorded_for, customer_id) AS owner, {place.Text} AS text FROM {place.Table}
            WHERE {place.Where} ORDER BY {place.Row} LIMIT {BatchSize} FOR UPDATE SKIP LOCKED
            """,
            null, cancellationToken);
        foreach (var row in rows)
        {
            var stored = await keys.SealAsync(row.Owner, row.Row, place.Column, row.Text, cancellationToken);
            await unitOfWork.ExecuteAsync(
                $"UPDATE {place.Table} SET {place.Set} WHERE {place.Row} = @Row AND {place.Text} = @Text AND {place.Where}", new { stored, row.Row, row.Text }, cancellationToken);
        }

        await unitOfWork.CommitAsync(cancellationToken);
        return rows.Count;
    }

    /// <summary>One at a time: a file may be megabytes.</summary>
    private async Task<int> SealFileAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var file = await unitOfWork.QuerySingleOrDefaultAsync<Written>(
            "SELECT id AS row, coalesce(recorded_for, customer_id) AS owner, content FROM customer_files WHERE NOT is_sealed ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED", null, cancellationToken);
        if (file is null) return 0;
        var (stored, _) = await keys.SealAsync(file.Owner, file.Row, "content", file.Content, cancellationToken);
        await unitOfWork.ExecuteAsync(
            "UPDATE customer_files SET content = @stored, sha256 = @sha256, is_sealed = true WHERE id = @Row", new { stored, sha256 = SHA256.HashData(stored), file.Row }, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return 1;
    }

    [LoggerMessage(LogLevel.Information, "{Count} texts and files of earlier times are under their customers' keys now")]
    private static partial void Sealed(ILogger log, int count);

    [LoggerMessage(LogLevel.Warning, "Texts of earlier times could not be sealed; tried again in a minute: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}
