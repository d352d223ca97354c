using System.Globalization;
using System.Text;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>The same as <see cref="ListRecipients"/> as a CSV file (RFC 4180), written as it is read, page by page.</summary>
internal static class ExportRecipients
{
    private const int BatchSize = 2_000;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/recipients.csv", async (
                Guid id, HttpContext http, UnitOfWork unitOfWork, CancellationToken cancellationToken, string? state = null, string? reason = null) =>
                await HandleAsync(id, state, reason, http, unitOfWork, cancellationToken))
            .Produces<string>(200, "text/csv").WithName("ExportRecipients").WithSummary("The membership at the time of sending as CSV").AllowRoles([.. Roles.Marketing, Roles.Analyst]);

    /// <summary>
    /// One cell. What a spreadsheet would take for a formula (OWASP: begins with =, +, -, @, tab or carriage return) gets an apostrophe before it.
    /// </summary>
    internal static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = "'" + text;
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    private static async Task<IResult> HandleAsync(
        Guid id, string? state, string? reason, HttpContext http, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return CampaignErrors.CampaignNotFound.ToProblem();
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Stream(stream => WriteAsync(stream, id, state, reason, unitOfWork, cancellationToken), "text/csv; charset=utf-8", $"recipients-{id}.csv");
    }

    private static async Task WriteAsync(Stream stream, Guid id, string? state, string? reason, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteAsync("customerId,displayName,channel,occasion,language,state,reason,email,attempts,sentAt,openedAt,clickedAt\r\n");
        RecipientKey? after = null;
        IReadOnlyList<RecipientResponse> rows;
        do
        {
            rows = await ListRecipients.ReadAsync(id, state, reason, after, BatchSize, unitOfWork, cancellationToken);
            foreach (var row in rows)
            {
                string?[] cells =
                [
                    row.CustomerId.ToString(), row.DisplayName, row.Channel, row.Occasion, row.Language, row.State, row.Reason, row.Email,
                    row.Attempts.ToString(CultureInfo.InvariantCulture), Instant(row.SentAt), Instant(row.OpenedAt), Instant(row.ClickedAt),
                ];
                await writer.WriteAsync(string.Join(',', cells.Select(Cell)) + "\r\n");
            }

            if (rows.Count > 0) after = new RecipientKey(rows[^1].CustomerId, rows[^1].DeliveryId);
        }
        while (rows.Count == BatchSize);
    }

    private static string? Instant(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
