using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>Takes a resolved case up again: it was not solved after all.</summary>
internal static class ReopenCase
{
    public sealed record Request([property: Required, StringLength(1000, MinimumLength = 1)] string Reason);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cases/{id:guid}/reopening", async (Guid id, Request request, IfMatch ifMatch, CaseStore store, CancellationToken cancellationToken) =>
            (await Handle(id, request, ifMatch, store, cancellationToken)).ToOk())
        .WithName("ReopenCase")
        .AllowRoles(Roles.Service);

    private static async Task<Result<CaseResponse>> Handle(Guid id, Request request, IfMatch ifMatch, CaseStore store, CancellationToken cancellationToken)
    {
        if (!(await store.LoadAsync(id, ifMatch.Version, cancellationToken)).TryGet(out var found, out var error)) return error;
        if (!found.Reopen().TryGet(out var reopened, out error)) return error;
        if (!(await store.SaveAsync(reopened, CaseChange.Reopened, request.Reason, cancellationToken)).TryGet(out var saved, out error)) return error;
        return CaseResponse.Of(saved);
    }
}
