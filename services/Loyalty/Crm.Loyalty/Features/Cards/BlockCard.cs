using System.ComponentModel.DataAnnotations;
using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Cards;

/// <summary>Blocks a card for good: lost, stolen, misused. The member's points stay.</summary>
internal static class BlockCard
{
    public sealed record Request([property: Required, RegularExpression("lost|stolen|damaged|misuse|other")] string Reason);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cards/{id:guid}/block", async (Guid id, Request request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(id, request, unitOfWork, time, cancellationToken)).ToOk())
        .WithName("BlockCard")
        .AllowRoles([.. Roles.Loyalty, .. Roles.Service]);

    private static async Task<Result<CardSummary>> Handle(
        Guid id, Request request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var blocked = await unitOfWork.QuerySingleOrDefaultAsync<CardSummary>(
            """
            UPDATE cards SET status = 'blocked', blocked_at = @now, block_reason = @Reason WHERE id = @id AND status = 'active'
            RETURNING id, right(number, 4) AS number_end, status, issued_at, replaces
            """,
            new { id, request.Reason, now = time.GetUtcNow() },
            cancellationToken);
        if (blocked is not null) return blocked;

        var exists = await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM cards WHERE id = @id)", new { id }, cancellationToken);
        return exists ? LoyaltyErrors.CardNotActive : LoyaltyErrors.CardNotFound;
    }
}
