using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Identity;

/// <summary>Two customers are two people. Remembered: no scan asks again. (That they are one is said by merging them.)</summary>
internal static class RejectDuplicate
{
    internal sealed record Response(Guid Id, string State);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/duplicates/{id:guid}/rejection", async (Guid id, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, unitOfWork, actor.Required, time, cancellationToken)).ToOk())
        .WithName("RejectDuplicate")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(Guid id, UnitOfWork unitOfWork, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var state = await unitOfWork.QuerySingleOrDefaultAsync<string>(
            """
            UPDATE duplicate_pairs SET state = CASE WHEN state = 'open' THEN 'rejected' ELSE state END,
                decided_at = coalesce(decided_at, @now), decided_by = coalesce(decided_by, @Subject)
            WHERE id = @id RETURNING state
            """,
            new { id, now = time.GetUtcNow(), actor.Subject },
            cancellationToken);
        if (state is null) return IdentityErrors.DuplicateNotFound;
        return state == "merged" ? IdentityErrors.DuplicateMerged : new Response(id, state);
    }
}
