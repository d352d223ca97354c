using System.Text.Json;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features.Sla;

/// <summary>Within what open time cases are answered and resolved. A change is a new version: open cases keep theirs, new ones get it.</summary>
internal static class SlaPolicies
{
    internal sealed record Response(long Version, PolicyDefinition Definition, string ChangedBy, DateTimeOffset ChangedAt) : IVersioned;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/sla-policy", async (long? version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await FindAsync(version, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetSlaPolicy").AllowRoles(Roles.Staff);
        api.MapPut("/sla-policy", async (
            PolicyDefinition request, IfMatch ifMatch, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await ChangeAsync(request, ifMatch.Version, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
            .WithName("ChangeSlaPolicy").AllowRoles(Roles.ServiceSupervisor, Roles.Ops);
    }

    /// <summary>Without a version, the one in force.</summary>
    private static async Task<Result<Response>> FindAsync(long? version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            "SELECT version, definition::text AS definition, changed_by, changed_at FROM sla_policies WHERE version = coalesce(@version, (SELECT max(version) FROM sla_policies))",
            new { version },
            cancellationToken) is { } row
            ? new Response(row.Version, JsonSerializer.Deserialize<PolicyDefinition>(row.Definition, SlaRules.Json)!, row.ChangedBy, row.ChangedAt)
            : SlaErrors.NotFound;

    private static async Task<Result<Response>> ChangeAsync(
        PolicyDefinition request, long version, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!request.ToPolicy(version + 1).TryGet(out _, out var error)) return error;

        var changed = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO sla_policies (version, definition, changed_by, changed_at)
            SELECT @version + 1, @definition::jsonb, @Subject, @now WHERE @version = (SELECT max(version) FROM sla_policies)
            ON CONFLICT DO NOTHING
            """,
            new { version, definition = JsonSerializer.Serialize(request, SlaRules.Json), actor.Subject, now = time.GetUtcNow() },
            cancellationToken);
        return changed == 0 ? SlaErrors.Stale : await FindAsync(version + 1, unitOfWork, cancellationToken);
    }

    private sealed record Row(long Version, string Definition, string ChangedBy, DateTimeOffset ChangedAt);
}
