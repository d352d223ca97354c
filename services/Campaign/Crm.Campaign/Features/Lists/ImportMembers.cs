using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;
using NpgsqlTypes;

namespace Crm.Campaign.Features.Lists;

/// <param name="Added">Customers who were not on the list before.</param>
/// <param name="Problems">The first thousand of the rejected rows.</param>
public sealed record ImportResponse(long Received, long Added, long Rejected, IReadOnlyList<ImportProblem> Problems);

/// <summary>
/// Takes a CSV file with the columns <c>customerId</c>, <c>email</c>, <c>phone</c> (one is enough; the first that a row fills counts) and puts
/// the customers that they find on the list: streamed into the database, matched there in one statement.
/// </summary>
internal static class ImportMembers
{
    private const string Matches =
        """
        SELECT s.line, a.customer_id FROM list_staging s JOIN audience a ON a.customer_id = s.customer_id WHERE a.profile_version IS NOT NULL
        UNION ALL SELECT s.line, a.customer_id FROM list_staging s JOIN audience a ON lower(a.email) = s.email WHERE a.profile_version IS NOT NULL
        UNION ALL SELECT s.line, a.customer_id FROM list_staging s JOIN audience a ON a.phone = s.phone WHERE a.profile_version IS NOT NULL
        """;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/lists/{id:guid}/imports", async (
                Guid id, HttpRequest http, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, http.Body, unitOfWork, time, actor, cancellationToken)).ToOk())
            .WithName("ImportMembers").WithSummary("Puts the customers of a CSV file on the list").Accepts<string>("text/csv")
            .WithMetadata(new RequestSizeLimitAttribute(CsvRows.MaxFile)).AllowRoles(Roles.Marketing);

    private static async Task<Result<ImportResponse>> HandleAsync(
        Guid id, Stream body, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await ListResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return AudienceErrors.ListNotFound;
        using var rows = new CsvRows(body, "customerId", "email", "phone");
        if (await rows.ReadHeaderAsync(cancellationToken) is { } badHeader) return badHeader;
        await StageAsync(rows, unitOfWork, cancellationToken);

        var added = await unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO list_members (list_id, customer_id, added_by, added_at)
            SELECT DISTINCT @id, m.customer_id, @by, @now FROM ({Matches}) m ON CONFLICT DO NOTHING
            """,
            new { id, by = actor.Required.Subject, now = time.GetUtcNow() },
            cancellationToken);
        await unitOfWork.ExecuteAsync($"DELETE FROM list_staging s USING ({Matches}) m WHERE s.line = m.line", null, cancellationToken);
        var unknown = await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM list_staging", null, cancellationToken);
        var lines = await unitOfWork.QueryAsync<long>($"SELECT line FROM list_staging ORDER BY line LIMIT {CsvRows.KeptProblems}", null, cancellationToken);
        rows.RejectAll(unknown, lines, "unknown_customer", "Nobody in the audience has this id, address or number.");
        return new ImportResponse(rows.Received, added, rows.Rejected, rows.Problems);
    }

    private static async Task StageAsync(CsvRows rows, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("CREATE TEMP TABLE list_staging (line bigint, customer_id uuid, email text, phone text) ON COMMIT DROP", null, cancellationToken);
        await using (var copy = await (await unitOfWork.OpenAsync(cancellationToken)).BeginBinaryImportAsync("COPY list_staging FROM STDIN (FORMAT BINARY)", cancellationToken))
        {
            while (await rows.ReadAsync(cancellationToken))
            {
                if (Read(rows) is not { } found) continue;
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(rows.Line, NpgsqlDbType.Bigint, cancellationToken);
                await (found.Id is { } id ? copy.WriteAsync(id, NpgsqlDbType.Uuid, cancellationToken) : copy.WriteNullAsync(cancellationToken));
                await (found.Email is { } email ? copy.WriteAsync(email, NpgsqlDbType.Text, cancellationToken) : copy.WriteNullAsync(cancellationToken));
                await (found.Phone is { } phone ? copy.WriteAsync(phone, NpgsqlDbType.Text, cancellationToken) : copy.WriteNullAsync(cancellationToken));
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await unitOfWork.ExecuteAsync("ANALYZE list_staging", null, cancellationToken);
    }

    /// <summary>Null where the row was rejected.</summary>
    private static (Guid? Id, string? Email, string? Phone)? Read(CsvRows rows)
    {
        if (rows["customerId"] is { } idText)
        {
            if (Guid.TryParse(idText, out var id)) return (id, null, null);
            rows.Reject(rows.Line, "customer_id_invalid", "The customerId is not an id.");
            return null;
        }

        if (rows["email"] is { } email)
        {
            if (SuppressionTarget.Parse(email) is { Kind: "email" }) return (null, email.Normalize().ToLowerInvariant(), null);
            rows.Reject(rows.Line, "email_invalid", "The email is not an address.");
            return null;
        }

        if (rows["phone"] is { } phone)
        {
            if (SuppressionTarget.Phone(phone) is { } number) return (null, null, number);
            rows.Reject(rows.Line, "phone_invalid", "The phone is not a number.");
            return null;
        }

        rows.Reject(rows.Line, "empty", "The row names nobody.");
        return null;
    }
}
