using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// The document that a person gets: JSON (<c>{"package": {...}, "services": {"sales": {"purchases": [...]}}}</c>) or a page that prints, in Indonesian or English. Both
/// begin with whether they are complete and which services' parts are missing. Streamed: size does not matter.
/// </summary>
internal static class AccessPackageDocument
{
    private sealed record Texts(string Title, string Complete, string Incomplete, string As, Dictionary<string, string> Services);

    private static readonly Texts English = new(
        "Your data", "This is everything that we hold about you.", "This is not everything: the following parts are missing. Ask again later.", "As of",
        new() { ["customer"] = "Customer record", ["analytics"] = "Figures about you", ["campaign"] = "Messages to you", ["loyalty"] = "Loyalty programme", ["sales"] = "Purchases and offers", ["service"] = "Customer service" });

    private static readonly Texts Indonesian = new(
        "Data Anda", "Inilah semua data yang kami simpan tentang Anda.", "Ini belum semuanya: bagian berikut belum ada. Mintalah lagi nanti.", "Per",
        new() { ["customer"] = "Data pelanggan", ["analytics"] = "Angka tentang Anda", ["campaign"] = "Pesan kepada Anda", ["loyalty"] = "Program loyalitas", ["sales"] = "Pembelian dan penawaran", ["service"] = "Layanan pelanggan" });

    public static async Task<IResult> HandleAsync(
        Guid id, UnitOfWork unitOfWork, ActorAccessor actor, IServiceScopeFactory scopes, TimeProvider time, HttpContext http, CancellationToken cancellationToken, string format = "json", string language = "en")
    {
        if (format is not ("json" or "html")) return Error.Invalid("customer.format_unknown", "The format is json or html.", "format").ToProblem();
        if (language is not ("id" or "en")) return Error.Invalid("customer.language_unknown", "The language is id or en.", "language").ToProblem();
        if (!(await AccessPackages.FindAsync(id, unitOfWork, cancellationToken)).TryGet(out var package, out var error)) return error.ToProblem();
        await unitOfWork.ExecuteAsync(
            "INSERT INTO access_package_downloads (package_id, downloaded_by, downloaded_at, format) VALUES (@id, @Subject, @now, @format)",
            new { id, actor.Required.Subject, now = time.GetUtcNow(), format },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);

        http.Response.Headers.CacheControl = "no-store";
        return format == "json"
            ? Results.Stream(stream => WriteJsonAsync(stream, package, scopes, cancellationToken), "application/json", $"package-{id}.json")
            : Results.Stream(stream => WritePageAsync(stream, package, language, scopes, cancellationToken), "text/html; charset=utf-8");
    }

    /// <summary>Rows by service and part. Only parts that are there as a whole have rows.</summary>
    private static async IAsyncEnumerable<Row> RowsAsync(Guid id, IServiceScopeFactory scopes, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var open = scope.ServiceProvider.GetRequiredService<SubjectKeys>().Open();
        var connection = await scope.ServiceProvider.GetRequiredService<UnitOfWork>().OpenAsync(cancellationToken);
        await foreach (var row in connection.QueryUnbufferedAsync<Row>(
            "SELECT service, part, row::text AS json FROM access_package_rows WHERE package_id = @id ORDER BY service, part, position", new { id }).WithCancellation(cancellationToken))
        {
            if (row.Service == DataHolder.Here) row.Json = await open.RowAsync(row.Json, cancellationToken);
            yield return row;
        }
    }

    private static async Task WriteJsonAsync(Stream stream, AccessPackages.Response package, IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        await using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WritePropertyName("package");
        json.WriteRawValue(JsonSerializer.Serialize(
            new { package.Id, package.CustomerId, package.CreatedAt, Complete = package.State == "complete", Missing = package.Sources.Where(source => source.GatheredAt is null).Select(source => source.Service), package.Sources },
            JsonSerializerOptions.Web));
        json.WriteStartObject("services");
        string? service = null, part = null;
        await foreach (var row in RowsAsync(package.Id, scopes, cancellationToken))
        {
            if (row.Service != service)
            {
                if (part is not null) json.WriteEndArray();
                if (service is not null) json.WriteEndObject();
                json.WriteStartObject(row.Service);
                (service, part) = (row.Service, null);
            }

            if (row.Part != part)
            {
                if (part is not null) json.WriteEndArray();
                json.WriteStartArray(row.Part);
                part = row.Part;
            }

            json.WriteRawValue(row.Json);
            if (json.BytesPending > 64 * 1024) await json.FlushAsync(cancellationToken);
        }

        if (part is not null) json.WriteEndArray();
        if (service is not null) json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    private static async Task WritePageAsync(Stream stream, AccessPackages.Response package, string language, IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        var texts = language == "id" ? Indonesian : English;
        await using var page = new StreamWriter(stream, new UTF8Encoding(false), 64 * 1024);
        await page.WriteAsync($"<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{texts.Title}</title></head><body><main><h1>{texts.Title}</h1>");
        await page.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"<p>{texts.As} {package.CreatedAt:yyyy-MM-dd HH:mm} UTC. {(package.State == "complete" ? texts.Complete : texts.Incomplete)}</p>"));
        if (package.State != "complete")
        {
            await page.WriteAsync("<ul role=\"alert\">");
            foreach (var source in package.Sources.Where(source => source.GatheredAt is null)) await page.WriteAsync($"<li>{texts.Services[source.Service]}</li>");
            await page.WriteAsync("</ul>");
        }

        string? service = null, part = null;
        await foreach (var row in RowsAsync(package.Id, scopes, cancellationToken))
        {
            if (row.Service != service) await page.WriteAsync($"<h2>{texts.Services[row.Service]}</h2>");
            if (row.Service != service || row.Part != part) await page.WriteAsync($"<h3>{WebUtility.HtmlEncode(AccessLabels.Part(row.Service, row.Part, language))}</h3>");
            (service, part) = (row.Service, row.Part);
            await page.WriteAsync(DataPackage.Table(JsonSerializer.Deserialize<JsonElement>(row.Json), language));
        }

        await page.WriteAsync("</main></body></html>");
    }

    private sealed class Row
    {
        public string Service { get; init; } = "";
        public string Part { get; init; } = "";
        public string Json { get; set; } = "";
    }
}
