using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>Gives a case to an agent, or hands it over to another.</summary>
internal static class AssignCase
{
    public sealed record Request([property: Required, StringLength(100, MinimumLength = 1)] string Assignee);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cases/{id:guid}/assignments", async (Guid id, Request request, IfMatch ifMatch, CaseStore store, CancellationToken cancellationToken) =>
            (await Handle(id, request, ifMatch, store, cancellationToken)).ToOk())
        .WithName("AssignCase")
        .AllowRoles(Roles.Service);

    private static async Task<Result<CaseResponse>> Handle(Guid id, Request request, IfMatch ifMatch, CaseStore store, CancellationToken cancellationToken)
    {
        if (!(await store.LoadAsync(id, ifMatch.Version, cancellationToken)).TryGet(out var found, out var error)) return error;
        if (!found.Assign(request.Assignee).TryGet(out var assigned, out error)) return error;
        if (!(await store.SaveAsync(assigned, CaseChange.Assigned, null, cancellationToken)).TryGet(out var saved, out error)) return error;
        return CaseResponse.Of(saved);
    }
}
