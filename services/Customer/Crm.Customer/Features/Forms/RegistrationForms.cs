using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Forms;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Forms;

/// <summary>Forms as staff define them. Every change is a version; what was sent says which version the person saw.</summary>
internal static class RegistrationForms
{
    private static readonly string[] Editors = [Roles.Marketer, Roles.SalesManager, Roles.ServiceSupervisor, Roles.LoyaltyManager, Roles.Ops];

    /// <param name="Url">Where the form's page sends to.</param>
    internal sealed record Response(string Key, long Version, bool IsActive, FormDefinition Definition, string Url) : IVersioned;

    internal sealed record Change(FormDefinition Definition, bool IsActive = true);

    /// <summary>One that was sent. <c>Matched</c>: it was somebody known already.</summary>
    internal sealed record Submission(
        Guid Id, long FormVersion, DateTimeOffset ReceivedAt, DateTimeOffset? MailedAt, DateTimeOffset? ConfirmedAt, Guid? CustomerId, bool? Matched, string[] Consents);

    private sealed record Position(string Key);

    private sealed record SubmissionPosition(Guid Id);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/registration-forms", async (PageRequest page, Store forms, CancellationToken cancellationToken) => TypedResults.Ok(await forms.ListAsync(page, cancellationToken)))
            .WithName("ListRegistrationForms").AllowRoles(Roles.Staff);
        api.MapGet("/registration-forms/{key}", async (string key, Store forms, CancellationToken cancellationToken) =>
                (await forms.FindAsync(key, cancellationToken) is { } form ? (Result<Response>)form : FormErrors.NotFound).ToOk())
            .WithName("GetRegistrationForm").AllowRoles(Roles.Staff);
        api.MapPut("/registration-forms/{key}", async (string key, Change request, Store forms, ActorAccessor actor, HttpContext http, TimeProvider time, CancellationToken cancellationToken) =>
                (await forms.PutAsync(key, request, http, actor.Required, time.GetUtcNow(), cancellationToken)).ToOk())
            .WithName("PutRegistrationForm").AllowRoles(Editors);
        api.MapGet("/registration-forms/{key}/submissions", async (string key, PageRequest page, Store forms, CancellationToken cancellationToken) =>
                TypedResults.Ok(await forms.SubmissionsAsync(key, page, cancellationToken)))
            .WithName("ListFormSubmissions").AllowRoles(Editors);
    }

    internal sealed class Store(UnitOfWork unitOfWork, Microsoft.Extensions.Options.IOptions<PrivacyOptions> options)
    {
        private const string Select = "SELECT f.key, f.version, f.is_active, v.definition::text AS definition FROM registration_forms f JOIN registration_form_versions v ON v.form_key = f.key AND v.version = f.version";

        public async Task<Response?> FindAsync(string key, CancellationToken cancellationToken) =>
            await unitOfWork.QuerySingleOrDefaultAsync<Row>(Select + " WHERE f.key = @key", new { key }, cancellationToken) is { } row ? Read(row) : null;

        public async Task<FormDefinition> VersionAsync(string key, long version, CancellationToken cancellationToken) => JsonSerializer.Deserialize<FormDefinition>(
            (await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT definition::text FROM registration_form_versions WHERE form_key = @key AND version = @version", new { key, version }, cancellationToken))!,
            JsonSerializerOptions.Web)!;

        public async Task<Page<Response>> ListAsync(PageRequest page, CancellationToken cancellationToken)
        {
            var rows = await unitOfWork.QueryAsync<Row>(
                Select + " WHERE @after::text IS NULL OR f.key > @after ORDER BY f.key LIMIT @limit", new { after = page.After<Position>()?.Key, limit = page.Limit + 1 }, cancellationToken);
            return Page<Response>.From([.. rows.Select(Read)], page.Limit, form => new Position(form.Key));
        }

        /// <summary>A new form without <c>If-Match</c>; a change of one with the version that was seen.</summary>
        public async Task<Result<Response>> PutAsync(string key, Change change, HttpContext http, Actor actor, DateTimeOffset now, CancellationToken cancellationToken)
        {
            if (!FormDefinition.IsKey(key)) return FormErrors.KeyInvalid;
            if (change.Definition.Refusal(now) is { } error) return error;
            var seen = http.Request.Headers.IfMatch.Count == 0 ? 0 : (await IfMatch.BindAsync(http))!.Version;
            var version = await unitOfWork.QuerySingleOrDefaultAsync<long?>(
                """
                INSERT INTO registration_forms AS f (key, version, is_active) SELECT @key, 1, @IsActive WHERE @seen = 0 OR EXISTS (SELECT FROM registration_forms WHERE key = @key)
                ON CONFLICT (key) DO UPDATE SET version = f.version + 1, is_active = excluded.is_active WHERE f.version = @seen RETURNING version
                """,
                new { key, change.IsActive, seen },
                cancellationToken);
            if (version is null) return CustomerErrors.RecordStale;
            await unitOfWork.ExecuteAsync(
                "INSERT INTO registration_form_versions (form_key, version, definition, changed_at, changed_by) VALUES (@key, @version, @definition::jsonb, @now, @Subject)",
                new { key, version, definition = JsonSerializer.Serialize(change.Definition, JsonSerializerOptions.Web), now, actor.Subject },
                cancellationToken);
            return (await FindAsync(key, cancellationToken))!;
        }

        public async Task<Page<Submission>> SubmissionsAsync(string key, PageRequest page, CancellationToken cancellationToken)
        {
            var rows = await unitOfWork.QueryAsync<Submission>(
                """
                SELECT id, form_version, received_at, mailed_at, confirmed_at, customer_id, matched, consents FROM form_submissions
                WHERE form_key = @key AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit
                """,
                new { key, after = page.After<SubmissionPosition>()?.Id, limit = page.Limit + 1 },
                cancellationToken);
            return Page<Submission>.From(rows, page.Limit, row => new SubmissionPosition(row.Id));
        }

        private Response Read(Row row) => new(
            row.Key, row.Version, row.IsActive, JsonSerializer.Deserialize<FormDefinition>(row.Definition, JsonSerializerOptions.Web)!,
            $"{options.Value.PublicBaseUrl.AbsoluteUri.TrimEnd('/')}/p/forms/{row.Key}");

        private sealed record Row(string Key, long Version, bool IsActive, string Definition);
    }
}
