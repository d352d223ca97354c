using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Members;

/// <summary>Makes a customer a member; one membership a customer.</summary>
internal static class EnrolMember
{
    /// <param name="EnrolledAt">When they joined, where that was before; now where left out. Purchases made earlier earn nothing.</param>
    public sealed record Request(Guid CustomerId, DateTimeOffset? EnrolledAt = null);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/members", async (
            Request request, KnownCustomers customers, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, customers, unitOfWork, ids, time, cancellationToken)).ToCreated(member => $"/api/loyalty/v1/members/{member.Id}"))
        .WithName("EnrolMember")
        .AllowRoles(Roles.Loyalty);

    private static async Task<Result<MemberResponse>> Handle(
        Request request, KnownCustomers customers, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var known = await customers.FindAsync([request.CustomerId], cancellationToken);
        if (!known.Contains(request.CustomerId)) return LoyaltyErrors.UnknownCustomer("customerId");

        var result = await EnrolMembers.EnrolAsync([request.CustomerId], request.EnrolledAt, unitOfWork, ids, time, cancellationToken);
        if (!result.TryGet(out var enrolled, out var error)) return error;
        if (enrolled is not [{ } member]) return LoyaltyErrors.AlreadyMember;
        return new MemberResponse(member.MemberId, member.CustomerId, member.MemberNumber, member.EnrolledAt, 0, 0, 0, 1, []);
    }
}
