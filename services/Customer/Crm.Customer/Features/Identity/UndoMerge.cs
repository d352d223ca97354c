using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Identity;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Identity;

/// <summary>
/// Two people after all: the absorbed record is there again with everything that was recorded for it, in all services. The survivor gets back the values
/// that the merge replaced, except where somebody has edited the field since: edits stay.
/// </summary>
internal static class UndoMerge
{
    internal sealed record Response(Guid Id, CustomerResponse Survivor, CustomerResponse Restored, IReadOnlyList<string> KeptEdits);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customer-merges/{id:guid}/undo", async (Guid id, Handler handler, CancellationToken cancellationToken) =>
            (await handler.HandleAsync(id, cancellationToken)).ToOk())
        .WithName("UndoMerge")
        .AllowRoles(Roles.CustomerEditors);

    internal sealed class Handler(UnitOfWork unitOfWork, CustomerStore store, ConsentLedger consents, Timeline timeline, ActorAccessor actor, Ids ids, TimeProvider time)
    {
        private static readonly string[] Columns = [.. MergePlan.Fields.SelectMany(field => field.Columns), .. MergePlan.United];

        public async Task<Result<Response>> HandleAsync(Guid mergeId, CancellationToken cancellationToken)
        {
            var merge = await unitOfWork.QuerySingleOrDefaultAsync<Merge>("SELECT survivor_id, absorbed_id FROM customer_merges WHERE merge_id = @mergeId", new { mergeId }, cancellationToken);
            if (merge is null) return IdentityErrors.MergeNotFound;
            var rows = await unitOfWork.QueryAsync<Merge>(
                "SELECT id AS survivor_id, merged_into AS absorbed_id FROM customers WHERE id = ANY(@both) ORDER BY id FOR UPDATE", new { both = new[] { merge.SurvivorId, merge.AbsorbedId!.Value } }, cancellationToken);
            if (await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT undone FROM customer_merges WHERE merge_id = @mergeId", new { mergeId }, cancellationToken)) return IdentityErrors.MergeUndone;
            if (rows.Single(row => row.SurvivorId == merge.SurvivorId).AbsorbedId is not null) return IdentityErrors.MergeCovered;

            var (now, by) = (time.GetUtcNow(), actor.Required);
            var inForce = (await store.FindAsync(merge.SurvivorId, cancellationToken))!.CurrentConsents;
            var kept = await KeptEditsAsync(mergeId, merge.SurvivorId, cancellationToken);
            await unitOfWork.SetAsync(by, ChangeOrigin.Form, cancellationToken);
            await RestoreAsync(mergeId, merge, now, by.Subject, cancellationToken);
            await consents.SeparateAsync(merge.SurvivorId, merge.AbsorbedId.Value, inForce, cancellationToken);
            await timeline.AppendAsync(
                [.. new[] { merge.SurvivorId, merge.AbsorbedId.Value }.Select(id => TimelineEntry.Of(id, now, "customer.unmerged", $"{mergeId}:{id}", "customer", $"merge:{mergeId}"))],
                cancellationToken);
            unitOfWork.Enqueue(new CustomerUnmerged(ids.Next(), now, mergeId, merge.SurvivorId, merge.AbsorbedId.Value));
            await store.PublishChangedAsync([merge.SurvivorId, merge.AbsorbedId.Value], cancellationToken);
            return new Response(
                mergeId, CustomerResponse.From((await store.FindAsync(merge.SurvivorId, cancellationToken))!),
                CustomerResponse.From((await store.FindAsync(merge.AbsorbedId.Value, cancellationToken))!), kept);
        }

        /// <summary>Fields that were edited since the merge.</summary>
        private Task<IReadOnlyList<string>> KeptEditsAsync(Guid mergeId, Guid survivorId, CancellationToken cancellationToken) => unitOfWork.QueryAsync<string>(
            """
            SELECT f.name FROM customer_merges m JOIN customers c ON c.id = @survivorId CROSS JOIN unnest(@columns) WITH ORDINALITY AS f (name, place)
            WHERE m.merge_id = @mergeId AND to_jsonb(c) -> f.name IS DISTINCT FROM m.after -> f.name ORDER BY f.place
            """,
            new { mergeId, survivorId, columns = Columns },
            cancellationToken);

        private Task<int> RestoreAsync(Guid mergeId, Merge merge, DateTimeOffset now, string by, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
            $"""
            UPDATE customers c SET version = c.version + 1, changed_at = @now,
                {string.Join(", ", Columns.Select(column => $"{column} = CASE WHEN to_jsonb(c) -> '{column}' IS NOT DISTINCT FROM m.after -> '{column}' THEN b.{column} ELSE c.{column} END"))}
            FROM customer_merges m, jsonb_populate_record(NULL::customers, m.before) b WHERE c.id = @SurvivorId AND m.merge_id = @mergeId;
            UPDATE customers SET merged_into = NULL, version = version + 1, changed_at = @now WHERE id = @AbsorbedId;
            SELECT apply_merge(@mergeId, @SurvivorId, @AbsorbedId, true);
            UPDATE customer_merges SET undone_at = @now, undone_by = @by WHERE merge_id = @mergeId;
            UPDATE duplicate_pairs SET state = 'rejected', decided_at = @now, decided_by = @by
            WHERE low_id = least(@SurvivorId, @AbsorbedId) AND high_id = greatest(@SurvivorId, @AbsorbedId);
            UPDATE customer_activity s SET purchase_count = greatest(0, s.purchase_count - a.purchase_count) FROM customer_activity a
            WHERE s.customer_id = @SurvivorId AND a.customer_id = @AbsorbedId;
            """,
            new { mergeId, merge.SurvivorId, merge.AbsorbedId, now, by },
            cancellationToken);

        private sealed class Merge
        {
            public Guid SurvivorId { get; init; }
            public Guid? AbsorbedId { get; init; }
        }
    }
}
