using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Contracts.Events.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Alerts;

/// <summary>Says how a customer is served, 1 lowest to 5 highest; customer alignment compares it with their value, and the customer's history keeps it.</summary>
internal static class SetServiceTier
{
    public sealed record Request([property: Range(1, 5)] int Tier);

    public sealed record Response(Guid CustomerId, int Tier, DateTimeOffset SetAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPut("/customers/{id:guid}/service-tier", async (
            Guid id, Request request, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(id, request, unitOfWork, actor, ids, time, cancellationToken)).ToOk())
        .WithName("SetServiceTier")
        .AllowRoles(Roles.SalesManager, Roles.ServiceSupervisor, Roles.Analyst, Roles.Integration);

    private static async Task<Result<Response>> Handle(
        Guid id, Request request, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var changed = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO service_tiers (customer_id, tier, set_at, set_by) VALUES (@id, @Tier, @now, @by)
            ON CONFLICT (customer_id) DO UPDATE SET tier = excluded.tier, set_at = excluded.set_at, set_by = excluded.set_by
            WHERE service_tiers.tier <> excluded.tier
            """,
            new { id, request.Tier, now, by = actor.Current?.Subject ?? Actor.System.Subject },
            cancellationToken);
        if (changed > 0) unitOfWork.Enqueue(new ServiceTierSet(ids.Next(), now, id, request.Tier));
        return new Response(id, request.Tier, await unitOfWork.QuerySingleOrDefaultAsync<DateTimeOffset>("SELECT set_at FROM service_tiers WHERE customer_id = @id", new { id }, cancellationToken));
    }
}
