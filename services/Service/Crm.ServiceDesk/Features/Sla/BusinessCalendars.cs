using System.Text.Json;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features.Sla;

/// <summary>When the department works. A change is a new version: open cases keep theirs, new ones get it.</summary>
internal static class BusinessCalendars
{
    internal sealed record Response(long Version, CalendarDefinition Definition, string ChangedBy, DateTimeOffset ChangedAt) : IVersioned;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/business-calendar", async (long? version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await FindAsync(version, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetBusinessCalendar").AllowRoles(Roles.Staff);
        api.MapPut("/business-calendar", async (
            CalendarDefinition request, IfMatch ifMatch, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await ChangeAsync(request, ifMatch.Version, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
            .WithName("ChangeBusinessCalendar").AllowRoles(Roles.ServiceSupervisor, Roles.Ops);
    }

    /// <summary>Without a version, the one in force.</summary>
    private static async Task<Result<Response>> FindAsync(long? version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            "SELECT version, definition::text AS definition, changed_by, changed_at FROM business_calendars WHERE version = coalesce(@version, (SELECT max(version) FROM business_calendars))",
            new { version },
            cancellationToken) is { } row
            ? new Response(row.Version, JsonSerializer.Deserialize<CalendarDefinition>(row.Definition, SlaRules.Json)!, row.ChangedBy, row.ChangedAt)
            : SlaErrors.NotFound;

    private static async Task<Result<Response>> ChangeAsync(
        CalendarDefinition request, long version, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!request.ToCalendar().TryGet(out _, out var error)) return error;

        var changed = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO business_calendars (version, definition, changed_by, changed_at)
            SELECT @version + 1, @definition::jsonb, @Subject, @now WHERE @version = (SELECT max(version) FROM business_calendars)
            ON CONFLICT DO NOTHING
            """,
            new { version, definition = JsonSerializer.Serialize(request, SlaRules.Json), actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        return changed == 0 ? SlaErrors.Stale : await FindAsync(version + 1, unitOfWork, cancellationToken);
    }

    private sealed record Row(long Version, string Definition, string ChangedBy, DateTimeOffset ChangedAt);
}
