using System.Globalization;
using System.Text;
using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;

namespace Crm.Analytics.Features.Reports;

/// <summary>
/// A report: measures by dimensions under filters, each number with its formula and how many lines it is made of; down to those lines,
/// and as CSV. In one currency. Whatever is not in the catalogue is refused.
/// </summary>
internal static class RunReport
{
    private const int MostGroups = 10_000;
    private const int MostRows = 1000;

    /// <param name="From">First business day.</param>
    /// <param name="To">First day after the period.</param>
    /// <param name="Dimensions">Without any the report is one row.</param>
    /// <param name="Filters">By dimension, the values that count.</param>
    public sealed record Request(
        IReadOnlyList<string> Measures, DateOnly From, DateOnly To, string Currency, IReadOnlyList<string>? Dimensions = null, IReadOnlyDictionary<string, string[]>? Filters = null);

    public sealed record Catalogue(IReadOnlyList<Entry> Measures, IReadOnlyList<Entry> Dimensions, string FormulaVersion);

    public sealed record Entry(string Name, string Formula);

    /// <param name="Keys">Values of the dimensions, in their order.</param>
    /// <param name="Values">Of the measures, in their order; null where undefined (a denominator of 0, no known cost).</param>
    /// <param name="Lines">That the numbers are made of.</param>
    public sealed record Group(IReadOnlyList<string?> Keys, IReadOnlyList<decimal?> Values, long Lines);

    /// <param name="Truncated">There are more groups than are shown.</param>
    public sealed record Response(
        IReadOnlyList<Entry> Measures, IReadOnlyList<string> Dimensions, IReadOnlyList<Group> Groups, bool Truncated, string Currency, string FormulaVersion, DateTimeOffset AsOf);

    public sealed record DrillLine(Guid PurchaseId, int Line, Guid CustomerId, DateOnly Day, string Source, string Sku, string Category, decimal Quantity, decimal Net, decimal? Cost);

    /// <param name="Lines">Newest first, at most 1,000.</param>
    public sealed record DrillResponse(IReadOnlyList<DrillLine> Lines);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/report-catalogue", () => new Catalogue(Shown(MetricCatalogue.Measures), Shown(MetricCatalogue.Dimensions), MetricCatalogue.FormulaVersion))
            .WithName("GetReportCatalogue").AllowRoles(Roles.Staff);
        api.MapPost("/reports", async (Request request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await Handle(request, unitOfWork, time, cancellationToken)).ToOk())
            .WithMetadata(new NoEffectAttribute()).WithName("RunReport").AllowRoles([.. Roles.Analytics, Roles.SalesManager, Roles.Viewer]);
        api.MapPost("/reports/lines", async (Request request, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await DrillAsync(request, unitOfWork, cancellationToken)).ToOk())
            .WithMetadata(new NoEffectAttribute()).WithName("DrillReport").AllowRoles([.. Roles.Analytics, Roles.SalesManager, Roles.Viewer]);
        api.MapPost("/reports/csv", async Task<IResult> (Request request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            {
                var report = await Handle(request, unitOfWork, time, cancellationToken);
                return report.TryGet(out var value, out var error) ? Results.Text(ToCsv(value), "text/csv", Encoding.UTF8) : error.ToProblem();
            })
            .WithMetadata(new NoEffectAttribute()).WithName("ExportReport").AllowRoles([.. Roles.Analytics, Roles.SalesManager, Roles.Viewer]);
    }

    /// <param name="timeoutSeconds">Null for the usual limit of a question that somebody waits for.</param>
    internal static async Task<Result<Response>> Handle(
        Request request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken, int? timeoutSeconds = null)
    {
        if (Check(request) is { } wrong) return wrong;
        var dimensions = (request.Dimensions ?? []).Select(name => MetricCatalogue.Dimension(name)!).ToArray();
        var measures = request.Measures.Select(name => MetricCatalogue.Measure(name)!).ToArray();
        var (where, args) = Filter(request);
        var columns = dimensions.Select(entry => entry.Sql).Concat(measures.Select(entry => $"round(({entry.Sql})::numeric, 6)")).Append("count(*)");
        var groupBy = dimensions.Length == 0 ? "" : $"GROUP BY {string.Join(", ", dimensions.Select((_, i) => i + 1))} ORDER BY {string.Join(", ", dimensions.Select((_, i) => i + 1))}";
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        var groups = new List<Group>();
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(
            $"SELECT {string.Join(", ", columns)} FROM net_lines l {where} {groupBy} LIMIT {MostGroups + 1}", args, commandTimeout: timeoutSeconds, cancellationToken: cancellationToken));
        while (await reader.ReadAsync(cancellationToken))
        {
            groups.Add(new Group(
                [.. dimensions.Select((_, i) => reader.IsDBNull(i) ? null : reader.GetString(i))],
                [.. measures.Select((_, i) => reader.IsDBNull(dimensions.Length + i) ? (decimal?)null : reader.GetDecimal(dimensions.Length + i))],
                reader.GetInt64(dimensions.Length + measures.Length)));
        }

        return new Response(
            Shown(measures), [.. dimensions.Select(entry => entry.Name)], [.. groups.Take(MostGroups)], groups.Count > MostGroups, request.Currency, MetricCatalogue.FormulaVersion, time.GetUtcNow());
    }

    private static async Task<Result<DrillResponse>> DrillAsync(Request request, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (Check(request) is { } wrong) return wrong;
        var (where, args) = Filter(request);
        var lines = await unitOfWork.QueryAsync<DrillLine>(
            $"SELECT purchase_id, line, customer_id, day, source, sku, category, quantity, net, cost FROM net_lines l {where} ORDER BY day DESC, purchase_id, line LIMIT {MostRows}", args, cancellationToken);
        return new DrillResponse(lines);
    }

    internal static Error? Check(Request request)
    {
        if (request.Measures is null or { Count: 0 or > 10 }) return Error.Invalid("analytics.measures_out_of_range", "A report has 1 to 10 measures.", "measures");
        if (request.Measures.FirstOrDefault(name => MetricCatalogue.Measure(name) is null) is { } measure) return Error.Invalid("analytics.unknown_measure", $"There is no measure '{measure}'.", "measures");
        if ((request.Dimensions?.Count ?? 0) > 3) return Error.Invalid("analytics.dimensions_out_of_range", "A report has at most 3 dimensions.", "dimensions");
        if (request.Dimensions?.FirstOrDefault(name => MetricCatalogue.Dimension(name) is null) is { } dimension) return Error.Invalid("analytics.unknown_dimension", $"There is no dimension '{dimension}'.", "dimensions");
        if (request.Filters?.Keys.FirstOrDefault(name => MetricCatalogue.Dimension(name) is null) is { } filter) return Error.Invalid("analytics.unknown_dimension", $"There is no dimension '{filter}'.", "filters");
        if (!Currencies.IsCode(request.Currency)) return AnalyticsErrors.CurrencyInvalid;
        return request.From < request.To ? null : AnalyticsErrors.EmptyPeriod;
    }

    private static (string Where, DynamicParameters Args) Filter(Request request)
    {
        var args = new DynamicParameters(new { request.Currency, request.From, request.To });
        var where = new StringBuilder("WHERE l.currency = @Currency AND l.day >= @From AND l.day < @To");
        foreach (var (name, values) in request.Filters ?? new Dictionary<string, string[]>())
        {
            where.Append(CultureInfo.InvariantCulture, $" AND {MetricCatalogue.Dimension(name)!.Sql} = ANY(@filter_{name})");
            args.Add($"filter_{name}", values);
        }

        return (where.ToString(), args);
    }

    internal static string ToCsv(Response report)
    {
        var csv = new StringBuilder();
        Line(report.Dimensions.Concat(report.Measures.Select(measure => measure.Name)).Append("lines"));
        foreach (var group in report.Groups)
        {
            Line(group.Keys.Select(key => key ?? "").Concat(group.Values.Select(value => value?.ToString(CultureInfo.InvariantCulture) ?? "")).Append(group.Lines.ToString(CultureInfo.InvariantCulture)));
        }

        return csv.ToString();

        // RFC 4180. A leading =, +, - or @ of a text would be a formula to a spreadsheet.
        void Line(IEnumerable<string> cells) => csv.AppendJoin(',', cells.Select(Quote)).Append("\r\n");

        static string Quote(string cell)
        {
            var isNumber = decimal.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
            var safe = !isNumber && cell.Length > 0 && "=+-@\t\r".Contains(cell[0], StringComparison.Ordinal) ? "'" + cell : cell;
            return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        }
    }

    private static Entry[] Shown(IEnumerable<CatalogueEntry> entries) => [.. entries.Select(entry => new Entry(entry.Name, entry.Formula))];
}
