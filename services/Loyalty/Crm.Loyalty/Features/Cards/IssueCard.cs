using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Cards;

/// <summary>Gives a member a card; they may hold several. The answer is the only place where the whole number is shown.</summary>
internal static class IssueCard
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/members/{id:guid}/cards", async (Guid id, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken) =>
            (await Handle(id, unitOfWork, cards, cancellationToken)).ToCreated(card => $"/api/loyalty/v1/members/{card.MemberId}"))
        .WithName("IssueCard")
        .AllowRoles(Roles.Loyalty);

    private static async Task<Result<IssuedCard>> Handle(Guid id, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken)
    {
        var exists = await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM members WHERE id = @id)", new { id }, cancellationToken);
        return exists ? await cards.IssueAsync(id, null, cancellationToken) : LoyaltyErrors.MemberNotFound;
    }
}
