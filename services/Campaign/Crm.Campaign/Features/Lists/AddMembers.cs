using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Lists;

public sealed record AddMembersRequest([property: Required, MinLength(1), MaxLength(1_000)] IReadOnlyList<Guid> CustomerIds);

/// <param name="Added">Of the customers given; the others were on the list already.</param>
public sealed record AddMembersResponse(int Added);

internal static class AddMembers
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/lists/{id:guid}/members", async (
                Guid id, AddMembersRequest request, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, time, actor, cancellationToken)).ToOk())
            .WithName("AddMembers").WithSummary("Puts customers on the list; more than a thousand are imported").AllowRoles(Roles.Marketing);

    private static async Task<Result<AddMembersResponse>> HandleAsync(
        Guid id, AddMembersRequest request, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await ListResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return AudienceErrors.ListNotFound;
        var customers = request.CustomerIds.Distinct().Order().ToArray();
        var known = (await unitOfWork.QueryAsync<Guid>(
            "SELECT customer_id FROM audience WHERE customer_id = ANY(@customers) AND profile_version IS NOT NULL", new { customers }, cancellationToken)).ToHashSet();
        for (var i = 0; i < request.CustomerIds.Count; i++)
        {
            if (!known.Contains(request.CustomerIds[i])) return AudienceErrors.UnknownCustomers($"customerIds[{i}]");
        }

        var added = await unitOfWork.ExecuteAsync(
            "INSERT INTO list_members (list_id, customer_id, added_by, added_at) SELECT @id, c, @by, @now FROM unnest(@customers) AS c ON CONFLICT DO NOTHING",
            new { id, customers, by = actor.Required.Subject, now = time.GetUtcNow() },
            cancellationToken);
        return new AddMembersResponse(added);
    }
}
