using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Alerts;

/// <summary>Says how a customer is served, 1 lowest to 5 highest; customer alignment compares it with their value.</summary>
internal static class SetServiceTier
{
    public sealed record Request([property: Range(1, 5)] int Tier);

    public sealed record Response(Guid CustomerId, int Tier, DateTimeOffset SetAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPut("/customers/{id:guid}/service-tier", async (
            Guid id, Request request, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(id, request, unitOfWork, actor, time, cancellationToken)).ToOk())
        .WithName("SetServiceTier")
        .AllowRoles(Roles.SalesManager, Roles.ServiceSupervisor, Roles.Analyst, Roles.Integration);

    private static async Task<Result<Response>> Handle(
        Guid id, Request request, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO service_tiers (customer_id, tier, set_at, set_by) VALUES (@id, @Tier, @now, @by)
            ON CONFLICT (customer_id) DO UPDATE SET tier = excluded.tier, set_at = excluded.set_at, set_by = excluded.set_by
            """,
            new { id, request.Tier, now, by = actor.Current?.Subject ?? Actor.System.Subject },
            cancellationToken);
        return new Response(id, request.Tier, now);
    }
}
