using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>Ends a case with what was done for the customer.</summary>
internal static class ResolveCase
{
    public sealed record Request([property: Required, StringLength(20_000, MinimumLength = 1)] string Resolution);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cases/{id:guid}/resolution", async (
            Guid id, Request request, IfMatch ifMatch, CaseStore store, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(id, request, ifMatch, store, time, cancellationToken)).ToOk())
        .WithName("ResolveCase")
        .AllowRoles(Roles.Service);

    private static async Task<Result<CaseResponse>> Handle(
        Guid id, Request request, IfMatch ifMatch, CaseStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!(await store.LoadAsync(id, ifMatch.Version, cancellationToken)).TryGet(out var found, out var error)) return error;
        if (!found.Resolve(request.Resolution, time.GetUtcNow()).TryGet(out var resolved, out error)) return error;
        if (!(await store.SaveAsync(resolved, CaseChange.Resolved, request.Resolution, cancellationToken)).TryGet(out var saved, out error)) return error;
        return CaseResponse.Of(saved);
    }
}
