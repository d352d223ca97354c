using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Suppressions;

public sealed record RemovalRequest(
    [property: Required, StringLength(500, MinimumLength = 3), RegularExpression(@"[^\p{Cc}]*", ErrorMessage = "A reason has no control characters.")] string Why);

public sealed record RemovalResponse(
    Guid Id, Guid? CustomerId, string? Address, string Channel, string Reason, string? Note, string CreatedBy, DateTimeOffset CreatedAt, string RemovedBy,
    DateTimeOffset RemovedAt, string Why)
{
    internal const string Columns = "id, customer_id, address, channel, reason, note, created_by, created_at, removed_by, removed_at, why";
}

/// <summary>Takes an entry off the list and keeps for good who did it, when and why. The other spelling of an international domain goes with it.</summary>
internal static class RemoveSuppression
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/suppressions/{id:guid}/removal", async (
                Guid id, RemovalRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, ids, time, actor, cancellationToken)).ToOk())
            .WithName("RemoveSuppression").WithSummary("Takes it off the list, with a reason").AllowRoles(Roles.Marketing);

    private static async Task<Result<RemovalResponse>> HandleAsync(
        Guid id, RemovalRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var values = new { id, request.Why, by = actor.Required.Subject, now = time.GetUtcNow(), removal = ids.Next() };
        var removed = await unitOfWork.QuerySingleOrDefaultAsync<RemovalResponse>(
            $"""
            WITH contact AS (
                DELETE FROM suppressions WHERE id = @id RETURNING customer_id, NULL::text AS address, channel, reason, note, created_by, created_at),
            address AS (
                DELETE FROM suppressed_addresses WHERE id = @id RETURNING NULL::uuid AS customer_id, address, channel, reason, note, created_by, created_at)
            INSERT INTO suppression_removals ({RemovalResponse.Columns})
            SELECT @removal, r.*, @by, @now, @Why FROM (SELECT * FROM contact UNION ALL SELECT * FROM address) r
            RETURNING {RemovalResponse.Columns}
            """,
            values,
            cancellationToken);
        if (removed is null) return AudienceErrors.SuppressionNotFound;

        if (removed.Address is not null && SuppressionTarget.Parse(removed.Address) is { Spellings.Count: > 1 } target)
        {
            await unitOfWork.ExecuteAsync(
                "DELETE FROM suppressed_addresses WHERE address = ANY(@spellings) AND channel = @Channel", new { spellings = target.Spellings.ToArray(), removed.Channel }, cancellationToken);
        }

        return removed;
    }
}
