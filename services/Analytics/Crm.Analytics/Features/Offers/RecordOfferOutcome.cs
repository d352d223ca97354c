using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Offers;

/// <summary>Tells that an offer was made, and how it was taken; acceptance of a product's later offers is learned from it.</summary>
internal static class RecordOfferOutcome
{
    public sealed record Request(
        [property: Required, StringLength(100, MinimumLength = 1)] string Sku,
        [property: Required, RegularExpression("cross-sell|up-sell|switch-sell")] string Kind,
        [property: Required, RegularExpression("offered|accepted|declined")] string Outcome,
        [property: StringLength(500)] string? Reason = null);

    public sealed record Response(Guid Id, Guid CustomerId, string Sku, string Kind, string Outcome, string? Reason, DateTimeOffset RecordedAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers/{id:guid}/offer-outcomes", async (
            Guid id, Request request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
            (await Handle(id, request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(created => $"/api/analytics/v1/customers/{id}/offer-outcomes/{created.Id}"))
        .WithName("RecordOfferOutcome")
        .AllowRoles([.. Roles.Sales, .. Roles.Service, .. Roles.Marketing, .. Roles.Loyalty]);

    private static async Task<Result<Response>> Handle(
        Guid id, Request request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var recorded = new Response(ids.Next(), id, request.Sku, request.Kind, request.Outcome, request.Reason, time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO offer_outcomes (id, customer_id, sku, kind, outcome, reason, recorded_at, recorded_by)
            VALUES (@Id, @CustomerId, @Sku, @Kind, @Outcome, @Reason, @RecordedAt, @by)
            """,
            new
            {
                recorded.Id, recorded.CustomerId, recorded.Sku, recorded.Kind, recorded.Outcome, recorded.Reason, recorded.RecordedAt,
                by = actor.Current?.Subject ?? Actor.System.Subject,
            },
            cancellationToken);
        return recorded;
    }
}
