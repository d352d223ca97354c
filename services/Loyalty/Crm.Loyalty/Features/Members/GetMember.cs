using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Members;

/// <summary>A member with balance and cards, by the member's id or the customer's.</summary>
internal static class GetMember
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/members/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken) =>
                Found(await MemberResponse.FindAsync(id, null, unitOfWork, cards, cancellationToken)).ToOk())
            .WithName("GetMember")
            .AllowRoles(Roles.Staff);
        api.MapGet("/members/by-customer/{customerId:guid}", async (Guid customerId, UnitOfWork unitOfWork, CardStore cards, CancellationToken cancellationToken) =>
                Found(await MemberResponse.FindAsync(null, customerId, unitOfWork, cards, cancellationToken)).ToOk())
            .WithName("GetMemberByCustomer")
            .AllowRoles(Roles.Staff);
    }

    private static Result<MemberResponse> Found(MemberResponse? member) => member is null ? LoyaltyErrors.MemberNotFound : member;
}
