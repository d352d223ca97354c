using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Lists;

internal static class RemoveMember
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapDelete("/lists/{id:guid}/members/{customerId:guid}", async (Guid id, Guid customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, customerId, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("RemoveMember").WithSummary("Takes a customer off the list").AllowRoles(Roles.Marketing);

    private static async Task<Result<Done>> HandleAsync(Guid id, Guid customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync("DELETE FROM list_members WHERE list_id = @id AND customer_id = @customerId", new { id, customerId }, cancellationToken) > 0
            ? new Done()
            : AudienceErrors.NotAMember;
}
