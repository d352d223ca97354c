using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Reports;

/// <summary>A report over a period that moves with the day of its run.</summary>
/// <param name="Period">One of <see cref="ReportPeriod.Names"/>.</param>
internal sealed record ReportDefinition(
    IReadOnlyList<string> Measures, string Currency, string Period, IReadOnlyList<string>? Dimensions = null, IReadOnlyDictionary<string, string[]>? Filters = null)
{
    public RunReport.Request On(DateOnly today)
    {
        var (from, to) = ReportPeriod.Of(Period, today);
        return new RunReport.Request(Measures, from, to, Currency, Dimensions, Filters);
    }
}

/// <param name="NextDueAt">Null without a schedule.</param>
internal sealed record SavedReportResponse(
    Guid Id, string Name, string Owner, ReportDefinition Definition, ReportSchedule? Schedule, DateTimeOffset? NextDueAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    long Version) : IVersioned;

/// <summary>Reports that are kept, and made by themselves where they have a schedule.</summary>
internal static class SavedReports
{
    public const string Columns = "id, name, owner, definition::text AS definition, schedule::text AS schedule, next_due_at, created_at, updated_at, version";

    public sealed record Request(
        [property: Required, StringLength(200, MinimumLength = 1)] string Name, [property: Required] ReportDefinition Definition, ReportSchedule? Schedule = null);

    private static string[] Writers => [.. Roles.Analytics, Roles.SalesManager];
    private static string[] Readers => [.. Roles.Analytics, Roles.SalesManager, Roles.Viewer];

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/saved-reports", async (Request request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
                (await SaveAsync(request, unitOfWork, ids, actor, time, cancellationToken)).ToCreated(report => $"/api/analytics/v1/saved-reports/{report.Id}"))
            .WithName("SaveReport").AllowRoles(Writers);
        api.MapPut("/saved-reports/{id:guid}", async (
                Guid id, Request request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await ChangeAsync(id, request, ifMatch, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeSavedReport").AllowRoles(Writers);
        api.MapDelete("/saved-reports/{id:guid}", async (Guid id, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await DeleteAsync(id, ifMatch, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("DeleteSavedReport").AllowRoles(Writers);
        api.MapGet("/saved-reports/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await FindAsync(id, unitOfWork, cancellationToken) is { } found ? (Result<SavedReportResponse>)found : AnalyticsErrors.ReportNotFound).ToOk())
            .WithName("GetSavedReport").AllowRoles(Readers);
        api.MapGet("/saved-reports", async (PageRequest page, string? owner, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                TypedResults.Ok(await ListAsync(page, owner, unitOfWork, cancellationToken)))
            .WithName("ListSavedReports").AllowRoles(Readers);
    }

    public static async Task<SavedReportResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        (await unitOfWork.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM saved_reports WHERE id = @id", new { id }, cancellationToken))?.ToResponse();

    private static async Task<Result<SavedReportResponse>> SaveAsync(
        Request request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (Check(request, now) is { } wrong) return wrong;
        return (await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"""
            INSERT INTO saved_reports (id, name, owner, definition, schedule, next_due_at, created_at, updated_at)
            VALUES (@id, @Name, @owner, @definition::jsonb, @schedule::jsonb, @due, @now, @now) RETURNING {Columns}
            """,
            new
            {
                id = ids.Next(), request.Name, owner = actor.Current?.Subject ?? Actor.System.Subject, definition = Json(request.Definition), schedule = Json(request.Schedule),
                due = request.Schedule?.NextAfter(now), now,
            },
            cancellationToken))!.ToResponse();
    }

    /// <summary>A changed schedule counts from now on.</summary>
    private static async Task<Result<SavedReportResponse>> ChangeAsync(
        Guid id, Request request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (Check(request, now) is { } wrong) return wrong;
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"""
            UPDATE saved_reports SET name = @Name, definition = @definition::jsonb, schedule = @schedule::jsonb, next_due_at = @due, updated_at = @now, version = version + 1
            WHERE id = @id AND version = @Version RETURNING {Columns}
            """,
            new { id, request.Name, definition = Json(request.Definition), schedule = Json(request.Schedule), due = request.Schedule?.NextAfter(now), now, ifMatch.Version },
            cancellationToken);
        if (changed is not null) return changed.ToResponse();
        return await FindAsync(id, unitOfWork, cancellationToken) is null ? AnalyticsErrors.ReportNotFound : AnalyticsErrors.ReportStale;
    }

    private static async Task<Result<bool>> DeleteAsync(Guid id, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await unitOfWork.ExecuteAsync("DELETE FROM saved_reports WHERE id = @id AND version = @Version", new { id, ifMatch.Version }, cancellationToken) > 0) return true;
        return await FindAsync(id, unitOfWork, cancellationToken) is null ? AnalyticsErrors.ReportNotFound : AnalyticsErrors.ReportStale;
    }

    private static async Task<Page<SavedReportResponse>> ListAsync(PageRequest page, string? owner, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Row>(
            $"SELECT {Columns} FROM saved_reports WHERE (@owner::text IS NULL OR owner = @owner) AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit",
            new { owner, after = page.After<Position>()?.Id, limit = page.Limit + 1 }, cancellationToken);
        return Page<SavedReportResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new Position(row.Id));
    }

    /// <summary>Refused when it is saved is better than failed in the night.</summary>
    private static Error? Check(Request request, DateTimeOffset now)
    {
        if (!ReportPeriod.Names.Contains(request.Definition.Period))
        {
            return Error.Invalid("analytics.unknown_period", "period is one of " + string.Join(", ", ReportPeriod.Names) + ".", "definition.period");
        }

        if (RunReport.Check(request.Definition.On(DateOnly.FromDateTime(now.UtcDateTime))) is { } wrong) return wrong with { Field = "definition." + wrong.Field };
        return request.Schedule?.Check("schedule");
    }

    private static string? Json<T>(T? value) => value is null ? null : JsonSerializer.Serialize(value, EventTypes.Json);

    internal sealed record Row(
        Guid Id, string Name, string Owner, string Definition, string? Schedule, DateTimeOffset? NextDueAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version)
    {
        public SavedReportResponse ToResponse() => new(
            Id, Name, Owner, JsonSerializer.Deserialize<ReportDefinition>(Definition, EventTypes.Json)!,
            Schedule is null ? null : JsonSerializer.Deserialize<ReportSchedule>(Schedule, EventTypes.Json), NextDueAt, CreatedAt, UpdatedAt, Version);
    }

    private sealed record Position(Guid Id);
}
