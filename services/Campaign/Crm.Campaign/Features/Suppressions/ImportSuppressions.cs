using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Lists;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;
using NpgsqlTypes;

namespace Crm.Campaign.Features.Suppressions;

/// <summary>
/// Takes a CSV file with the columns <c>address</c> (e-mail address, phone number or domain), <c>customerId</c>, <c>channel</c> (empty: all) and
/// <c>note</c>. What is on the list already stays as it was.
/// </summary>
internal static class ImportSuppressions
{
    private const int MaxNote = 500;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/suppressions/imports", async (HttpRequest http, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(http.Body, unitOfWork, time, actor, cancellationToken)).ToOk())
            .WithName("ImportSuppressions").WithSummary("Adds the rows of a CSV file").Accepts<string>("text/csv")
            .WithMetadata(new RequestSizeLimitAttribute(CsvRows.MaxFile)).AllowRoles(Roles.Marketing);

    private static async Task<Result<ImportResponse>> HandleAsync(
        Stream body, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        using var rows = new CsvRows(body, "address", "customerId", "channel", "note");
        if (await rows.ReadHeaderAsync(cancellationToken) is { } badHeader) return badHeader;
        await StageAsync(rows, unitOfWork, cancellationToken);

        var added = await unitOfWork.QuerySingleOrDefaultAsync<long>(
            """
            WITH contacts AS (
                INSERT INTO suppressions (customer_id, channel, reason, note, created_by, created_at)
                SELECT DISTINCT ON (customer_id, channel) customer_id, channel, 'import', note, @by, @now FROM suppression_staging
                WHERE customer_id IS NOT NULL ORDER BY customer_id, channel, line ON CONFLICT (customer_id, channel) DO NOTHING RETURNING 1),
            addresses AS (
                INSERT INTO suppressed_addresses (address, channel, kind, reason, note, created_by, created_at)
                SELECT DISTINCT ON (address, channel) address, channel, kind, 'import', note, @by, @now FROM suppression_staging
                WHERE address IS NOT NULL ORDER BY address, channel, line ON CONFLICT (address, channel) DO NOTHING RETURNING 1)
            SELECT (SELECT count(*) FROM contacts) + (SELECT count(*) FROM addresses)
            """,
            new { by = actor.Required.Subject, now = time.GetUtcNow() },
            cancellationToken);
        return new ImportResponse(rows.Received, added, rows.Rejected, rows.Problems);
    }

    private static async Task StageAsync(CsvRows rows, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            "CREATE TEMP TABLE suppression_staging (line bigint, customer_id uuid, address text, kind text, channel text, note text) ON COMMIT DROP", null, cancellationToken);
        await using var copy = await (await unitOfWork.OpenAsync(cancellationToken)).BeginBinaryImportAsync("COPY suppression_staging FROM STDIN (FORMAT BINARY)", cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            if (Read(rows) is not { } row) continue;
            foreach (var spelling in row.Target?.Spellings ?? [null!])
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(rows.Line, NpgsqlDbType.Bigint, cancellationToken);
                await (row.CustomerId is { } id ? copy.WriteAsync(id, NpgsqlDbType.Uuid, cancellationToken) : copy.WriteNullAsync(cancellationToken));
                await TextAsync(spelling);
                await TextAsync(row.Target?.Kind);
                await TextAsync(row.Channel);
                await TextAsync(row.Note);
            }
        }

        await copy.CompleteAsync(cancellationToken);

        Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
    }

    /// <summary>Null where the row was rejected.</summary>
    private static Row? Read(CsvRows rows)
    {
        var (channel, note) = (rows["channel"] ?? "all", rows["note"]);
        if (channel != "all" && !Eligibility.Channels.Contains(channel)) return Reject("channel_unknown", "There is no such channel.");
        if (note is not null && (note.Length > MaxNote || note.Any(char.IsControl))) return Reject("note_invalid", $"A note has at most {MaxNote} characters and no control characters.");
        if (rows["customerId"] is { } idText)
        {
            if (rows["address"] is not null) return Reject("two_targets", "The row names a customer and an address; one of them.");
            return Guid.TryParse(idText, out var id) ? new Row(id, null, channel, note) : Reject("customer_id_invalid", "The customerId is not an id.");
        }

        if (rows["address"] is not { } text) return Reject("empty", "The row names nobody.");
        return SuppressionTarget.Parse(text) is { } target
            ? new Row(null, target, channel, note)
            : Reject("address_invalid", "This is neither an e-mail address nor a phone number nor a domain.");

        Row? Reject(string code, string message)
        {
            rows.Reject(rows.Line, code, message);
            return null;
        }
    }

    private sealed record Row(Guid? CustomerId, SuppressionTarget? Target, string Channel, string? Note);
}
