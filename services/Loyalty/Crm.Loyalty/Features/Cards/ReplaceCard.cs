using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Cards;

/// <summary>A new card for an old one, active or blocked; the old number is never good again.</summary>
internal static class ReplaceCard
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cards/{id:guid}/replacement", async (Guid id, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken) =>
            (await Handle(id, unitOfWork, cards, cancellationToken)).ToCreated(card => $"/api/loyalty/v1/members/{card.MemberId}"))
        .WithName("ReplaceCard")
        .AllowRoles(Roles.Loyalty);

    private static async Task<Result<IssuedCard>> Handle(Guid id, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken)
    {
        var memberId = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            "UPDATE cards SET status = 'replaced' WHERE id = @id AND status <> 'replaced' RETURNING member_id", new { id }, cancellationToken);
        if (memberId is { } member) return await cards.IssueAsync(member, id, cancellationToken);

        var exists = await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM cards WHERE id = @id)", new { id }, cancellationToken);
        return exists ? LoyaltyErrors.CardReplaced : LoyaltyErrors.CardNotFound;
    }
}
