using System.Globalization;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using CsvHelper;

namespace Crm.Campaign.Features.Statistics;

/// <summary>The raw log as CSV (RFC 4180, UTF-8), streamed in pages. What a spreadsheet would take for a formula is quoted.</summary>
internal static class ExportResponses
{
    private const int PageSize = 1_000;

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/responses.csv", HandleAsync)
            .WithName("ExportResponses").WithSummary("The raw log as CSV").Produces<string>(200, "text/csv").AllowRoles(MarketingRights.Readers);

    private static async Task<IResult> HandleAsync(Guid id, UnitOfWork unitOfWork, HttpContext http, CancellationToken cancellationToken)
    {
        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = @id)", new { id }, cancellationToken)) return CampaignErrors.CampaignNotFound.ToProblem();
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"responses-{id}.csv\"";
        return TypedResults.Stream(body => WriteAsync(id, unitOfWork, body, cancellationToken), "text/csv; charset=utf-8");
    }

    private static async Task WriteAsync(Guid id, UnitOfWork unitOfWork, Stream body, CancellationToken cancellationToken)
    {
        await using var csv = CsvWriter.Create(body, new CsvWriterOptions { Injection = CsvInjection.Escape }, leaveOpen: true);
        await csv.WriteRecordAsync(
            ["id", "occurredAt", "kind", "link", "customerId", "deliveryId", "verdict", "ruleVersion", "signals", "first", "firstHuman", "network", "userAgent"], cancellationToken);

        IReadOnlyList<LoggedResponse> rows;
        Guid? after = null;
        do
        {
            rows = await unitOfWork.QueryAsync<LoggedResponse>(
                $"SELECT {LoggedResponse.Columns} FROM responses WHERE campaign_id = @id AND (@after::uuid IS NULL OR id > @after) ORDER BY id LIMIT @PageSize",
                new { id, after, PageSize },
                cancellationToken);
            foreach (var row in rows) await csv.WriteRecordAsync(Cells(row), cancellationToken);
            after = rows.Count > 0 ? rows[^1].Id : after;
            await csv.FlushAsync(cancellationToken);
        }
        while (rows.Count == PageSize);
    }

    private static string[] Cells(LoggedResponse row) =>
    [
        row.Id.ToString(), row.OccurredAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture), row.Kind,
        row.Link?.ToString(CultureInfo.InvariantCulture) ?? "", row.CustomerId.ToString(), row.DeliveryId.ToString(), row.Verdict ?? "",
        row.RuleVersion?.ToString(CultureInfo.InvariantCulture) ?? "", string.Join(' ', row.Signals), row.First ? "true" : "false",
        row.FirstHuman ? "true" : "false", row.Network ?? "", Plain(row.UserAgent ?? ""),
    ];

    /// <summary>Beyond what the writer knows: the full-width forms, which some spreadsheets take for the plain ones, and NUL.</summary>
    private static string Plain(string text) => text.Length > 0 && "\0＝＋－＠".Contains(text[0], StringComparison.Ordinal) ? "'" + text : text;
}
