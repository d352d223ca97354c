using System.ComponentModel.DataAnnotations;
using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Points;

/// <summary>Spends points of a member: never more than there are, however many try at once.</summary>
internal static class RedeemPoints
{
    /// <param name="Source">With <paramref name="SourceId"/> what they are spent on: an order of a shop, a till receipt. Once only.</param>
    public sealed record Request(
        [property: Range(typeof(long), "1", "1000000000000")] long Points,
        [property: StringLength(50, MinimumLength = 1)] string? Source = null,
        [property: StringLength(100, MinimumLength = 1)] string? SourceId = null);

    public sealed record Response(Guid JournalId, Guid MemberId, long Points, long AvailableAfter, string Reference, DateTimeOffset RedeemedAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/members/{id:guid}/redemptions", async (Guid id, Request request, Ledger ledger, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(id, request, ledger, ids, time, cancellationToken)).ToCreated(response => $"/api/loyalty/v1/members/{response.MemberId}/ledger"))
        .WithName("RedeemPoints")
        .AllowRoles(Roles.Loyalty);

    private static async Task<Result<Response>> Handle(
        Guid id, Request request, Ledger ledger, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Source is null != request.SourceId is null) return LoyaltyErrors.ReferenceIncomplete;
        if (await ledger.LockAsync(id, cancellationToken) is not { } account) return LoyaltyErrors.MemberNotFound;
        if (!account.Redeem(request.Points).TryGet(out var journal, out var error)) return error;

        var journalId = ids.Next();
        var entry = new LedgerEntry(journalId, journal, request.Source ?? "loyalty", request.SourceId ?? journalId.ToString(), time.GetUtcNow());
        if (!await ledger.PostAsync([entry], cancellationToken)) return LoyaltyErrors.RedemptionExists;
        await ledger.TakeFromLotsAsync(entry, null, null, [], cancellationToken);
        return new Response(journalId, id, request.Points, journal.After.Available, entry.Reference, entry.OccurredAt);
    }
}
