using System.Globalization;
using System.Text;
using Crm.Campaign.Domain.Planning;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using CsvHelper;
using CsvHelper.Configuration;

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

        using var reader = new StreamReader(request.Body, new UTF8Encoding(false, throwOnInvalidBytes: true));
        var rows = new Dictionary<DateOnly, Row>();
        try
        {
            using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { BadDataFound = null, MissingFieldFound = null });
            if (!await csv.ReadAsync() || !csv.ReadHeader() || Columns.Except(csv.HeaderRecord ?? [], StringComparer.Ordinal).FirstOrDefault() is { } missing)
            {
                return Error.Unprocessable("campaign.csv_columns", $"The first line names the columns {string.Join(", ", Columns)}.", "body");
            }

            while (await csv.ReadAsync())
            {
                if (!Read(csv, activity.Currency).TryGet(out var row, out var error)) return error;
                if (!rows.TryAdd(row.Day, row)) return Wrong(csv, "day", "the day is there twice");
                if (rows.Count > MaxRows) return Error.Unprocessable("campaign.csv_too_long", $"A report has at most {MaxRows} days.", "body");
            }
        }
        catch (Exception exception) when (exception is CsvHelperException or DecoderFallbackException)
        {
            return Error.Unprocessable("campaign.csv_malformed", "The body is not CSV in UTF-8.", "body");
        }

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

    private static Result<Row> Read(CsvReader csv, string currency)
    {
        if (!DateOnly.TryParseExact(csv.GetField("day"), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return Wrong(csv, "day", "a day is written as 2026-12-24");
        var counts = new long[3];
        for (var i = 0; i < counts.Length; i++)
        {
            var name = Columns[i + 1];
            if (!long.TryParse(csv.GetField(name), NumberStyles.None, CultureInfo.InvariantCulture, out counts[i])) return Wrong(csv, name, "a count is a whole number");
        }

        return decimal.TryParse(csv.GetField("cost"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cost) && Money.CheckAmount(cost, currency, "cost", isUnitCost: true) is null
            ? new Row(day, counts[0], counts[1], counts[2], cost)
            : Wrong(csv, "cost", "a cost is a number with a point for its decimals, at most four, and not negative");
    }

    private static Error Wrong(CsvReader csv, string column, string why) =>
        Error.Unprocessable("campaign.csv_value", $"Line {csv.Parser.RawRow}, column {column}: {why}.", $"lines[{csv.Parser.RawRow}].{column}");

    private sealed record Row(DateOnly Day, long Impressions, long Clicks, long Leads, decimal Cost);
}
