using System.Globalization;
using System.Text;
using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Features.Search;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;

namespace Crm.Customer.Features.Import;

/// <summary>
/// All customers that a filter selects, as CSV (the columns of an import, which takes the file in again) or as lines of JSON; streamed, so
/// that size does not matter. In CSV, a cell that a spreadsheet would take for a formula is led by an apostrophe.
/// </summary>
internal static class ExportCustomers
{
    private const int Batch = 1000;
    private static readonly string Header = "sourceId,displayName,givenName,familyName,email,phone,language,timeZone,street,city,province,postalCode,country,birthDate,gender,tags,registeredAt\r\n";

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customer-exports", async (
            UnitOfWork unitOfWork, ActorAccessor actor, IServiceScopeFactory scopes, Ids ids, TimeProvider time, CancellationToken cancellationToken, string format = "csv", string? filter = null) =>
            await HandleAsync(format, filter, unitOfWork, actor.Required, scopes, ids, time, cancellationToken))
        .WithName("ExportCustomers")
        .Produces<string>(200, "text/csv", "application/x-ndjson")
        .AllowRoles(Roles.SalesManager, Roles.ServiceSupervisor, Roles.LoyaltyManager, Roles.Analyst, Roles.Integration);

    /// <summary>Also the full-width forms, which spreadsheets of East Asia read as the same.</summary>
    internal static bool IsFormulaStart(char first) => first is '=' or '+' or '-' or '@' or '\t' or '\r' or '\0' or '＝' or '＋' or '－' or '＠';

    /// <summary>One row of RFC 4180.</summary>
    internal static string Line(IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        if (IsFormulaStart(text[0])) text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\r\n;") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    private static async Task<IResult> HandleAsync(
        string format, string? filter, UnitOfWork unitOfWork, Actor actor, IServiceScopeFactory scopes, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (format is not ("csv" or "json")) return CustomerErrors.ValueUnknown("format", ["csv", "json"]).ToProblem();
        if (!CustomerFilter.Compile(filter, new DynamicParameters()).TryGet(out _, out var error)) return error.ToProblem();
        await unitOfWork.ExecuteAsync(
            "INSERT INTO customer_exports (id, format, filter, exported_by, started_at) VALUES (@id, @format, @filter, @Subject, @now)",
            new { id = ids.Next(), format, filter, actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return Results.Stream(stream => WriteAsync(stream, format, filter, scopes, cancellationToken), format == "csv" ? "text/csv" : "application/x-ndjson", $"customers.{format}");
    }

    private static async Task WriteAsync(Stream stream, string format, string? filter, IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), 64 * 1024);
        if (format == "csv") await writer.WriteAsync(Header);
        var after = Guid.Empty;
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var parameters = new DynamicParameters();
            var condition = CustomerFilter.Compile(filter, parameters).Value;
            parameters.AddDynamicParams(new { after, Batch });
            var rows = await scope.ServiceProvider.GetRequiredService<CustomerStore>().QueryAsync(
                $"c.id > @after AND c.trashed_at IS NULL AND c.merged_into IS NULL AND c.erased_at IS NULL AND ({condition}) ORDER BY c.id LIMIT @Batch", parameters, cancellationToken);
            foreach (var row in rows) await writer.WriteAsync(format == "csv" ? CsvLine(row) : JsonSerializer.Serialize(CustomerResponse.From(row), JsonSerializerOptions.Web) + "\n");
            await writer.FlushAsync(cancellationToken);
            if (rows.Count < Batch) return;
            after = rows[^1].Id;
        }
    }

    private static string CsvLine(CustomerRow row) => Line(
        [
            row.SourceId ?? row.Number, row.DisplayName, row.GivenName, row.FamilyName, row.Email, row.Phone, row.Language, row.TimeZone, row.Street, row.City, row.Province, row.PostalCode,
            row.Country, row.BirthDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), row.Gender, string.Join(';', row.Tags), row.RegisteredAt.ToString("O", CultureInfo.InvariantCulture),
        ]);
}
