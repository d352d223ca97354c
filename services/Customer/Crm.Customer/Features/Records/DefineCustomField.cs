using System.Text.RegularExpressions;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>
/// Says what a field of the enterprise's own means: its type, its labels in both languages, whether it must be filled. PUT defines it, or
/// changes it for whoever has seen its version (<c>If-Match</c>); the type stays as soon as a record holds the field. Records with wrong values are refused from then on.
/// </summary>
internal static partial class DefineCustomField
{
    private const int MaxOptions = 200;
    private const int MaxDefinitions = 200;

    internal sealed record Request(string Type, string LabelId, string LabelEn, bool IsRequired = false, bool IsSearchable = true, IReadOnlyList<string>? Options = null);

    internal sealed class Response : IVersioned
    {
        public string RecordType { get; init; } = "";
        public string Name { get; init; } = "";
        public long Version { get; init; }
        public string Type { get; init; } = "";
        public string LabelId { get; init; } = "";
        public string LabelEn { get; init; } = "";
        public string[] Options { get; init; } = [];
        public bool IsRequired { get; init; }
        public bool IsSearchable { get; init; }
    }

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPut("/custom-fields/{recordType}/{name}", async (
                string recordType, string name, Request request, HttpContext http, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(recordType, name, request, http, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("DefineCustomField")
            .AllowRoles(Roles.Ops, Roles.SalesManager, Roles.ServiceSupervisor);
        api.MapGet("/custom-fields/{recordType}", async (string recordType, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await unitOfWork.QueryAsync<Response>(Select + " ORDER BY name", new { recordType, name = (string?)null }, cancellationToken)))
            .WithName("ListCustomFields")
            .AllowRoles(Roles.Staff);
    }

    private const string Select =
        """
        SELECT record_type, name, version, type, label_id, label_en, options, is_required, is_searchable
        FROM custom_field_definitions WHERE record_type = @recordType AND (@name::text IS NULL OR name = @name)
        """;

    private static async Task<Result<Response>> HandleAsync(
        string recordType, string name, Request request, HttpContext http, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        recordType = check.OneOf(recordType, "recordType", CustomFieldRules.RecordTypes);
        var type = check.OneOf(request.Type, "type", CustomFieldRules.Types);
        var labelId = check.Required(request.LabelId, "labelId", 100);
        var labelEn = check.Required(request.LabelEn, "labelEn", 100);
        var options = check.List(request.Options, "options", MaxOptions, 100);
        if (!NamePattern().IsMatch(name)) check.Fail(CustomerErrors.FieldNameInvalid("name"));
        if ((type == "choice") != (options.Length > 0)) check.Fail(CustomerErrors.ValueRequired("options"));
        if (check.Error is { } error) return error;

        await unitOfWork.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('custom fields', 0))", null, cancellationToken);
        if (await unitOfWork.QuerySingleOrDefaultAsync<Response>(Select, new { recordType, name }, cancellationToken) is { } before)
        {
            if ((await IfMatch.BindAsync(http))!.Version != before.Version) return CustomerErrors.RecordStale;
            if (before.Type != type && await IsUsedAsync(recordType, name, unitOfWork, cancellationToken)) return CustomerErrors.CustomFieldTypeFixed;
        }
        else if (http.Request.Headers.IfMatch.Count > 0)
        {
            return CustomerErrors.RecordStale; // what the caller has seen is not there
        }
        else if (await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM custom_field_definitions WHERE record_type = @recordType", new { recordType }, cancellationToken) >= MaxDefinitions)
        {
            return CustomerErrors.TooManyFields("name", MaxDefinitions);
        }

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO custom_field_definitions AS d (record_type, name, type, label_id, label_en, options, is_required, is_searchable, changed_at)
            VALUES (@recordType, @name, @type, @labelId, @labelEn, @options, @IsRequired, @IsSearchable, @now)
            ON CONFLICT (record_type, name) DO UPDATE SET version = d.version + 1, type = excluded.type, label_id = excluded.label_id,
                label_en = excluded.label_en, options = excluded.options, is_required = excluded.is_required,
                is_searchable = excluded.is_searchable, changed_at = excluded.changed_at
            """,
            new { recordType, name, type, labelId, labelEn, options, request.IsRequired, request.IsSearchable, now = time.GetUtcNow() },
            cancellationToken);
        return (await unitOfWork.QuerySingleOrDefaultAsync<Response>(Select, new { recordType, name }, cancellationToken))!;
    }

    private static async Task<bool> IsUsedAsync(string recordType, string name, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            $"SELECT EXISTS (SELECT FROM {(recordType == "account" ? "accounts" : "customers")} WHERE custom_fields <> '[]' AND custom_fields @> jsonb_build_array(jsonb_build_object('name', @name::text)))",
            new { name },
            cancellationToken);

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_]{0,49}\z")]
    private static partial Regex NamePattern();
}
