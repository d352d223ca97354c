using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// What Customer holds about a person, at once: the record, every consent decision, the timeline that all services feed, merges, requests. As JSON, or as a page
/// that prints. Of each part ten thousand rows at most (<c>truncated</c> names those that have more): everything, of all services, is what <see cref="AccessPackages"/> gathers.
/// </summary>
internal static class DataPackage
{
    /// <summary>Of each part, in an answer that is held in memory.</summary>
    private const int MaxRows = 10_000;

    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static readonly (string Name, string Sql)[] Parts =
    [
        ("record", "SELECT to_jsonb(c) - ARRAY['source_hash'] FROM customers c WHERE c.id = ANY(@ids) ORDER BY c.id"),
        ("consentDecisions", "SELECT to_jsonb(d) FROM consent_decisions d WHERE d.customer_id = ANY(@ids) ORDER BY d.effective_at, d.id"),
        ("formerVersions", "SELECT to_jsonb(h) FROM customer_history h WHERE h.customer_id = ANY(@ids) ORDER BY h.customer_id, h.version"),
        ("contactPoints", "SELECT to_jsonb(p) FROM contact_points p WHERE p.customer_id = ANY(@ids) ORDER BY p.id"),
        ("relationships", "SELECT to_jsonb(r) FROM customer_relationships r WHERE r.from_customer_id = ANY(@ids) OR r.to_customer_id = ANY(@ids) ORDER BY r.id"),
        ("accountRoles", "SELECT to_jsonb(r) FROM contact_roles r WHERE r.customer_id = ANY(@ids) ORDER BY r.id"),
        ("assets", "SELECT to_jsonb(a) FROM assets a WHERE a.customer_id = ANY(@ids) ORDER BY a.id"),
        ("activities", "SELECT to_jsonb(a) FROM activities a WHERE a.customer_id = ANY(@ids) ORDER BY a.id"),
        ("agreements", "SELECT to_jsonb(a) FROM agreements a WHERE a.customer_id = ANY(@ids) ORDER BY a.id"),
        ("files", "SELECT to_jsonb(f) - ARRAY['content'] FROM customer_files f WHERE f.customer_id = ANY(@ids) ORDER BY f.id"),
        ("timeline", "SELECT to_jsonb(t) FROM timeline_entries t WHERE t.customer_id = ANY(@ids) ORDER BY t.occurred_at, t.entry_id"),
        ("formSubmissions", "SELECT to_jsonb(s) FROM form_submissions s WHERE s.customer_id = ANY(@ids) ORDER BY s.id"),
        ("merges", "SELECT to_jsonb(m) - ARRAY['before', 'after'] FROM customer_merges m WHERE m.survivor_id = ANY(@ids) OR m.absorbed_id = ANY(@ids) ORDER BY m.merge_id"),
        ("privacyRequests", "SELECT to_jsonb(r) FROM privacy_requests r WHERE r.customer_id = ANY(@ids) ORDER BY r.id"),
    ];

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/data-package", async (Guid id, CustomerStore store, SubjectKeys keys, UnitOfWork unitOfWork, HttpContext http, CancellationToken cancellationToken, string format = "json") =>
            await HandleAsync(id, format, store, keys, unitOfWork, http, cancellationToken))
        .WithName("GetDataPackage")
        .Produces(200)
        .AllowRoles(Roles.ServiceSupervisor, Roles.SalesManager, Roles.Ops);

    private static async Task<IResult> HandleAsync(Guid customerId, string format, CustomerStore store, SubjectKeys keys, UnitOfWork unitOfWork, HttpContext http, CancellationToken cancellationToken)
    {
        if (format is not ("json" or "html")) return Error.Invalid("customer.format_unknown", "The format is json or html.", "format").ToProblem();
        if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound.ToProblem();

        var ids = (await unitOfWork.QueryAsync<Guid>("SELECT customer_with_absorbed(@Id)", new { customer.Id }, cancellationToken)).ToArray();
        var package = new Dictionary<string, JsonElement[]>();
        var open = keys.Open();
        List<JsonElement> truncated = [];
        foreach (var (name, sql) in Parts)
        {
            var rows = new List<JsonElement>();
            foreach (var text in await unitOfWork.QueryAsync<string>($"SELECT x::text FROM ({sql}) AS p (x) LIMIT {MaxRows + 1}", new { ids }, cancellationToken)) rows.Add(JsonSerializer.Deserialize<JsonElement>(await open.RowAsync(text, cancellationToken)));
            package[name] = [.. rows];
            if (package[name].Length <= MaxRows) continue;
            package[name] = package[name][..MaxRows];
            truncated.Add(JsonSerializer.SerializeToElement(new { part = name }));
        }

        package["truncated"] = [.. truncated];

        http.Response.Headers.CacheControl = "no-store";
        return format == "json" ? TypedResults.Json(package, Readable) : TypedResults.Content(Page(customer.DisplayName, package), "text/html; charset=utf-8");
    }

    private static string Page(string name, Dictionary<string, JsonElement[]> package)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Data of {WebUtility.HtmlEncode(name)}</title></head><body><main><h1>Data of {WebUtility.HtmlEncode(name)}</h1>");
        foreach (var (part, rows) in package)
        {
            html.Append(CultureInfo.InvariantCulture, $"<section><h2>{WebUtility.HtmlEncode(AccessLabels.Part(DataHolder.Here, part, "en"))}</h2>");
            foreach (var row in rows) html.Append(Table(row, "en"));
            html.Append("</section>");
        }

        return html.Append("</main></body></html>").ToString();
    }

    internal static string Table(JsonElement row, string language)
    {
        var html = new StringBuilder("<table>");
        foreach (var member in row.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{WebUtility.HtmlEncode(AccessLabels.Column(member.Name, language))}</th><td>{Value(member.Value, language)}</td></tr>");
        }

        return html.Append("</table>").ToString();
    }

    private static string Value(JsonElement value, string language) => (value.ValueKind, language) switch
    {
        (JsonValueKind.True, "id") => "Ya",
        (JsonValueKind.False, "id") => "Tidak",
        (JsonValueKind.True, _) => "Yes",
        (JsonValueKind.False, _) => "No",
        (JsonValueKind.Object, _) => Table(value, language),
        (JsonValueKind.Array, _) => string.Join(value.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object) ? "" : ", ", value.EnumerateArray().Select(item => Value(item, language))),
        _ => WebUtility.HtmlEncode(value.ToString()),
    };

    /// <summary>Copies this service's part into an access package, sealed as it is; how many rows it has.</summary>
    internal static async Task<long> GatherAsync(Guid packageId, Guid[] ids, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = 0L;
        foreach (var (part, sql) in Parts)
        {
            rows += await unitOfWork.ExecuteAsync(
                $"INSERT INTO access_package_rows (package_id, service, position, part, row) SELECT @packageId, @Here, @rows + row_number() OVER (), @part, x FROM ({sql}) AS p (x)",
                new { packageId, DataHolder.Here, rows, part, ids },
                cancellationToken);
        }

        return rows;
    }
}
