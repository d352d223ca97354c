using System.Security.Claims;
using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;
using Dapper;
using Npgsql;

namespace Crm.Gateway.Clients;

/// <summary>Registers the systems that call the platform, and shows how much they do. What a client is called comes from the identity provider (<c>client:NAME</c>), where it also has its secret.</summary>
internal static partial class ManageClients
{
    private const int MaxDays = 92;

    internal sealed record Request(string Name, string Department, IReadOnlyList<string> Scopes, int PerMinute, int PerDay, bool IsActive = true);

    internal sealed record Response(string Subject, long Version, string Name, string Department, string[] Scopes, int PerMinute, int PerDay, bool IsActive, DateTimeOffset ChangedAt, string ChangedBy) : IVersioned;

    /// <summary>Of a day (UTC): calls that were passed on, and calls that a quota refused.</summary>
    internal sealed record Usage(DateOnly Day, long Calls, long Refused);

    private sealed record Position(string Subject);

    private const string Columns = "subject, version, name, department, scopes, per_minute, per_day, is_active, changed_at, changed_by";

    public static void MapClients(this WebApplication app)
    {
        var api = app.MapGroup("/api/gateway/v1/clients").WithTags("clients").AllowRoles(Roles.Ops).RequireRateLimiting("api");
        api.MapGet("", async (PageRequest page, NpgsqlDataSource database, CancellationToken cancellationToken) => TypedResults.Ok(await ListAsync(page, database, cancellationToken))).WithName("ListApiClients");
        api.MapGet("/{subject}", async (string subject, NpgsqlDataSource database, CancellationToken cancellationToken) => (await FindAsync(subject, database, cancellationToken)).ToOk()).WithName("GetApiClient");
        api.MapPut("/{subject}", async (string subject, Request request, NpgsqlDataSource database, HttpContext http, TimeProvider time, CancellationToken cancellationToken) =>
            (await PutAsync(subject, request, database, http, time, cancellationToken)).ToOk()).WithName("PutApiClient");
        api.MapGet("/{subject}/usage", async (string subject, NpgsqlDataSource database, TimeProvider time, CancellationToken cancellationToken) =>
            TypedResults.Ok(await UsageAsync(subject, database, time, cancellationToken))).WithName("GetApiClientUsage");
    }

    private static async Task<Page<Response>> ListAsync(PageRequest page, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Response>(new CommandDefinition(
            $"SELECT {Columns} FROM api_clients WHERE @after::text IS NULL OR subject > @after ORDER BY subject LIMIT @limit", new { after = page.After<Position>()?.Subject, limit = page.Limit + 1 }, cancellationToken: cancellationToken));
        return Page<Response>.From(rows.AsList(), page.Limit, row => new Position(row.Subject));
    }

    private static async Task<Result<Response>> FindAsync(string subject, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Response>(new CommandDefinition($"SELECT {Columns} FROM api_clients WHERE subject = @subject", new { subject }, cancellationToken: cancellationToken)) is { } found
            ? found
            : Error.NotFound("auth.client_not_found", "There is no such client.");
    }

    /// <summary>A new client without <c>If-Match</c>, a change with the version that was seen.</summary>
    private static async Task<Result<Response>> PutAsync(string subject, Request request, NpgsqlDataSource database, HttpContext http, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!SubjectPattern().IsMatch(subject)) return Error.Invalid("auth.client_subject_invalid", "The subject is client: and the client's name at the identity provider.", "subject");
        if (request.Name.Trim().Length is 0 or > 100) return Error.Invalid("auth.client_name_invalid", "A client has a name of 100 characters at most.", "name");
        if (request.Department.Trim().Length is 0 or > 100) return Error.Invalid("auth.client_department_invalid", "A client belongs to a department.", "department");
        if (request.Scopes.Count is 0 or > 20) return Error.Invalid("auth.client_scope_unknown", "A client has 1 to 20 scopes.", "scopes");
        for (var i = 0; i < request.Scopes.Count; i++)
        {
            if (!ScopePattern().IsMatch(request.Scopes[i])) return Error.Invalid("auth.client_scope_unknown", "A scope is a service or *, a colon, and read or write.", $"scopes[{i}]");
        }

        if (request.PerMinute is < 1 or > 1_000_000) return Error.Invalid("auth.client_quota_invalid", "A quota is 1 to 1,000,000 a minute.", "perMinute");
        if (request.PerDay is < 1 or > 1_000_000_000) return Error.Invalid("auth.client_quota_invalid", "A quota is 1 to 1,000,000,000 a day.", "perDay");
        var seen = http.Request.Headers.IfMatch.Count == 0 ? 0 : (await IfMatch.BindAsync(http))!.Version;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Response>(new CommandDefinition(
            $"""
            INSERT INTO api_clients AS c (subject, name, department, scopes, per_minute, per_day, is_active, changed_at, changed_by)
            SELECT @subject, @name, @department, @scopes, @PerMinute, @PerDay, @IsActive, @now, @by WHERE @seen = 0 OR EXISTS (SELECT FROM api_clients WHERE subject = @subject)
            ON CONFLICT (subject) DO UPDATE SET version = c.version + 1, name = excluded.name, department = excluded.department, scopes = excluded.scopes, per_minute = excluded.per_minute,
                per_day = excluded.per_day, is_active = excluded.is_active, changed_at = excluded.changed_at, changed_by = excluded.changed_by
            WHERE c.version = @seen RETURNING {Columns}
            """,
            new
            {
                subject, name = request.Name.Trim(), department = request.Department.Trim(), scopes = request.Scopes.Distinct().Order(StringComparer.Ordinal).ToArray(), request.PerMinute, request.PerDay, request.IsActive, seen,
                now = time.GetUtcNow(), by = http.User.FindFirstValue("sub"),
            },
            cancellationToken: cancellationToken));
        return row is null ? Error.Stale("auth.client_stale", "Somebody changed the client meanwhile. Read it again.") : row;
    }

    private static async Task<IReadOnlyList<Usage>> UsageAsync(string subject, NpgsqlDataSource database, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return (await connection.QueryAsync<Usage>(new CommandDefinition(
            "SELECT day, calls, refused FROM api_client_usage WHERE subject = @subject AND day > @since ORDER BY day DESC",
            new { subject, since = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-MaxDays) },
            cancellationToken: cancellationToken))).AsList();
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9:._@-]{0,199}\z")]
    private static partial Regex SubjectPattern();

    [GeneratedRegex(@"\A(customer|sales|service|loyalty|campaign|analytics|customer360|gateway|\*):(read|write)\z")]
    private static partial Regex ScopePattern();
}
