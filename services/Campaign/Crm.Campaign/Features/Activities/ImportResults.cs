using System.Globalization;
using Crm.Campaign.Domain.Planning;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using CsvHelper;

namespace Crm.Campaign.Features.Activities;

/// <param name="Days">Rows of the file, each a day.</param>
/// <param name="Changed">Days that were not known before or were reported differently.</param>
public sealed record ImportedResults(int Days, int Changed, ActivityResponse Activity);

/// <summary>
/// A report as CSV: <c>day,impressions,clicks,leads,cost</c>, the cost in the activity's currency. The whole file or nothing; the same file
/// again changes nothing, a later one replaces the days that it names.
/// </summary>
internal static class ImportResults
{
    private const int MaxRows = 10_000;
    private const int MaxRecordBytes = 16 * 1024;
    private static readonly string[] Columns = ["day", "impressions", "clicks", "leads", "cost"];

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/activities/{id:guid}/results", async (Guid id, HttpRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, cancellationToken)).ToOk())
            .Accepts<string>("text/csv")
            .WithName("ImportActivityResults").WithSummary("Impressions, clicks, leads and cost by day, as CSV").AllowRoles(Roles.Marketing);

    private static async Task<Result<ImportedResults>> HandleAsync(Guid id, HttpRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("SELECT 1 FROM activities WHERE id = @id FOR UPDATE", new { id }, cancellationToken);
        if (await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } activity) return ActivityErrors.NotFound;

        if (!(await ReadAsync(request.Body, activity.Currency, cancellationToken)).TryGet(out var rows, out var error)) return error;
        var changed = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO activity_results (activity_id, day, impressions, clicks, leads, cost)
            SELECT @id, r.* FROM unnest(@days, @impressions, @clicks, @leads, @costs) AS r (day, impressions, clicks, leads, cost)
            ON CONFLICT (activity_id, day) DO UPDATE SET impressions = excluded.impressions, clicks = excluded.clicks, leads = excluded.leads, cost = excluded.cost
            WHERE (activity_results.impressions, activity_results.clicks, activity_results.leads, activity_results.cost)
                IS DISTINCT FROM (excluded.impressions, excluded.clicks, excluded.leads, excluded.cost)
            """,
            new
            {
                id,
                days = rows.Values.Select(row => row.Day).ToArray(),
                impressions = rows.Values.Select(row => row.Impressions).ToArray(),
                clicks = rows.Values.Select(row => row.Clicks).ToArray(),
                leads = rows.Values.Select(row => row.Leads).ToArray(),
                costs = rows.Values.Select(row => row.Cost).ToArray(),
            },
            cancellationToken);
        return new ImportedResults(rows.Count, changed, (await ActivityResponse.FindAsync(id, unitOfWork, cancellationToken))!);
    }

    private static async Task<Result<Dictionary<DateOnly, Row>>> ReadAsync(Stream body, string currency, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<DateOnly, Row>();
        using var csv = CsvReader.Create(
            body,
            new CsvReaderOptions
            {
                MaxRecordSize = MaxRecordBytes, // an unclosed quote does not swallow the file
                MalformedData = CsvMalformedDataHandling.Throw,
                TrackLineNumbers = true,
                IncludeValuesInExceptions = false,
            },
            leaveOpen: true);
        try
        {
            await csv.ReadHeaderAsync(cancellationToken);
            string[] header = [.. csv.Headers.Select(name => name.Trim())];
            var places = Columns.Select(column => Array.IndexOf(header, column)).ToArray();
            if (places.Contains(-1)) return Error.Unprocessable("campaign.csv_columns", $"The first line names the columns {string.Join(", ", Columns)}.", "body");
            while (await csv.ReadAsync(cancellationToken))
            {
                if (!Read(csv, places, currency).TryGet(out var row, out var error)) return error;
                if (!rows.TryAdd(row.Day, row)) return Wrong(csv, "day", "the day is there twice");
                if (rows.Count > MaxRows) return Error.Unprocessable("campaign.csv_too_long", $"A report has at most {MaxRows} days.", "body");
            }
        }
        catch (CsvFormatException exception)
        {
            return Error.Unprocessable("campaign.csv_malformed", "The body is not CSV: the quotes of a line do not match.", $"lines[{exception.LineNumber}]");
        }

        return rows;
    }

    /// <param name="places">Where each of the columns stands in the file.</param>
    private static Result<Row> Read(CsvReader csv, int[] places, string currency)
    {
        string Value(int column) => places[column] < csv.FieldCount ? csv.GetString(places[column]) ?? "" : "";
        if (!DateOnly.TryParseExact(Value(0), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Wrong(csv, "day", "a day is written as 2026-12-24");
        var counts = new long[3];
        for (var i = 0; i < counts.Length; i++)
        {
            if (!long.TryParse(Value(i + 1), NumberStyles.None, CultureInfo.InvariantCulture, out counts[i])) return Wrong(csv, Columns[i + 1], "a count is a whole number");
        }

        return decimal.TryParse(Value(4), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cost) && Money.CheckAmount(cost, currency, "cost", isUnitCost: true) is null
            ? new Row(day, counts[0], counts[1], counts[2], cost)
            : Wrong(csv, "cost", "a cost is a number with a point for its decimals, at most four, and not negative");
    }

    private static Error Wrong(CsvReader csv, string column, string why) =>
        Error.Unprocessable("campaign.csv_value", $"Line {csv.LineNumber}, column {column}: {why}.", $"lines[{csv.LineNumber}].{column}");

    private sealed record Row(DateOnly Day, long Impressions, long Clicks, long Leads, decimal Cost);
}
