using Crm.Loyalty.Contracts.V1;
using Crm.Loyalty.Domain;
using Crm.Loyalty.Features.Members;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Loyalty.Grpc;

/// <summary>What the gateway's view of a customer shows of their membership.</summary>
internal sealed class LoyaltyReadsService(UnitOfWork unitOfWork, CardStore cards) : LoyaltyReads.LoyaltyReadsBase
{
    public override async Task<GetMembershipResponse> GetMembership(GetMembershipRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CustomerId, out var customerId))
        {
            throw new ErrorException(Error.Invalid("request.malformed", "customer_id is not a UUID.", "customer_id"));
        }

        var member = await MemberResponse.FindAsync(null, customerId, unitOfWork, cards, context.CancellationToken)
            ?? throw new ErrorException(LoyaltyErrors.MemberNotFound);
        var response = new GetMembershipResponse
        {
            MemberId = member.Id.ToString(),
            MemberNumber = member.Number,
            AvailablePoints = member.Available,
            LifetimePoints = member.LifetimePoints,
            EnrolledAt = member.EnrolledAt.ToTimestamp(),
        };
        response.Cards.AddRange(member.Cards.Select(card => new Card { CardId = card.Id.ToString(), NumberEnd = card.NumberEnd, Status = card.Status }));
        return response;
    }
}
