using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Lists;

internal static class CreateList
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/lists", async (ListRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(list => $"/api/campaign/v1/lists/{list.Id}"))
            .WithName("CreateList").WithSummary("A static list, empty").AllowRoles(Roles.Marketing);

    private static async Task<Result<ListResponse>> HandleAsync(
        ListRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var list = new ListResponse(ids.Next(), request.Name.Trim(), request.Kind, 0, actor.Required.Subject, time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            "INSERT INTO lists (id, name, kind, created_by, created_at) VALUES (@Id, @Name, @Kind, @CreatedBy, @CreatedAt)", list, cancellationToken);
        return list;
    }
}
