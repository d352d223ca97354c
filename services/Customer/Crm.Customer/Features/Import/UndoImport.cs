using System.Text.Json.Nodes;
using Crm.Customer.Domain;
using Crm.Customer.Features.Records;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Import;

/// <summary>
/// Takes an import back: whom it created goes to the trash, unless something has happened to him since; whom it changed gets back the values
/// from before in those fields that still hold what the import put there. What people edited later stays.
/// </summary>
internal static class UndoImport
{
    private const int BatchSize = 500;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/import-jobs/{id:guid}/undo", async (Guid id, UnitOfWork unitOfWork, ImportSignal signal, TimeProvider time, CancellationToken cancellationToken) =>
            (await StartAsync(id, unitOfWork, signal, time, cancellationToken)).ToAccepted(job => $"/api/customer/v1/import-jobs/{job.Id}"))
            .WithName("UndoImport")
            .AllowRoles(Roles.CustomerEditors);
        api.MapPost("/customers/{id:guid}/restore", async (Guid id, UnitOfWork unitOfWork, CustomerStore store, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await RestoreAsync(id, unitOfWork, store, actor.Required, time, cancellationToken)).ToOk())
            .WithName("RestoreCustomer")
            .AllowRoles(Roles.CustomerEditors);
    }

    private static async Task<Result<ImportJob>> StartAsync(Guid id, UnitOfWork unitOfWork, ImportSignal signal, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await ImportJob.FindAsync(id, unitOfWork, cancellationToken) is null) return CustomerErrors.JobNotFound;
        var started = await unitOfWork.ExecuteAsync(
            "UPDATE import_jobs SET state = 'undoing', undo_position = NULL, changed_at = @now, finished_at = NULL WHERE id = @id AND state = 'done' AND NOT dry_run",
            new { id, now = time.GetUtcNow() },
            cancellationToken);
        if (started == 0) return CustomerErrors.JobNotUndoable;
        signal.Raise();
        return (await ImportJob.FindAsync(id, unitOfWork, cancellationToken))!;
    }

    private static async Task<Result<CustomerResponse>> RestoreAsync(
        Guid id, UnitOfWork unitOfWork, CustomerStore store, Actor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        await unitOfWork.SetAsync(actor, ChangeOrigin.Form, cancellationToken);
        var restored = await unitOfWork.ExecuteAsync(
            "UPDATE customers SET trashed_at = NULL, version = version + 1, changed_at = @now WHERE id = @id AND trashed_at IS NOT NULL", new { id, now = time.GetUtcNow() }, cancellationToken);
        if (restored == 0) return CustomerErrors.NotInTrash;
        await store.PublishChangedAsync([id], cancellationToken);
        return CustomerResponse.From((await store.FindAsync(id, cancellationToken))!);
    }

    /// <summary>Batch by batch in the order of the customers' ids, each a transaction that also notes how far it got.</summary>
    internal static async Task RunAsync(Guid job, IServiceScopeFactory scopes, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
            var now = time.GetUtcNow();
            var affected = await unitOfWork.QueryAsync<Guid>(
                """
                SELECT id FROM (
                    (SELECT id FROM customers WHERE import_job = @job AND id > coalesce((SELECT undo_position FROM import_jobs WHERE id = @job), '00000000-0000-0000-0000-000000000000') ORDER BY id LIMIT @BatchSize)
                    UNION
                    (SELECT DISTINCT customer_id FROM customer_history WHERE ended_by = 'import:' || @job
                        AND customer_id > coalesce((SELECT undo_position FROM import_jobs WHERE id = @job), '00000000-0000-0000-0000-000000000000') ORDER BY 1 LIMIT @BatchSize)
                ) a ORDER BY id LIMIT @BatchSize
                """,
                new { job, BatchSize },
                cancellationToken);
            if (affected.Count == 0)
            {
                await unitOfWork.ExecuteAsync("UPDATE import_jobs SET state = 'undone', changed_at = @now, finished_at = @now WHERE id = @job", new { job, now }, cancellationToken);
                await unitOfWork.CommitAsync(cancellationToken);
                return;
            }

            await unitOfWork.SetAsync($"undo:{job}", ChangeOrigin.Form, cancellationToken);
            var undone = await TrashAsync(job, affected, now, scope.ServiceProvider, cancellationToken);
            undone.UnionWith(await RevertAsync(job, [.. affected.Except(undone)], now, unitOfWork, cancellationToken));
            await scope.ServiceProvider.GetRequiredService<CustomerStore>().PublishChangedAsync(undone, cancellationToken);
            await unitOfWork.ExecuteAsync(
                "UPDATE import_jobs SET undone = undone + @undone, undo_kept = undo_kept + @kept, undo_position = @last, changed_at = @now WHERE id = @job",
                new { job, undone = undone.Count, kept = affected.Count - undone.Count, last = affected[^1], now },
                cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
        }
    }

    private static async Task<HashSet<Guid>> TrashAsync(Guid job, IReadOnlyList<Guid> affected, DateTimeOffset now, IServiceProvider services, CancellationToken cancellationToken)
    {
        var unitOfWork = services.GetRequiredService<UnitOfWork>();
        var trashed = await unitOfWork.QueryAsync<Guid>(
            """
            UPDATE customers c SET trashed_at = @now, version = version + 1, changed_at = @now, source_hash = NULL
            WHERE id IN (SELECT id FROM customers WHERE id = ANY(@ids) ORDER BY id FOR UPDATE) AND import_job = @job AND trashed_at IS NULL
                AND NOT EXISTS (SELECT FROM customer_history h WHERE h.customer_id = c.id AND h.ended_by IS DISTINCT FROM 'import:' || @job)
                AND NOT EXISTS (SELECT FROM customer_activity a WHERE a.customer_id = c.id)
                AND NOT EXISTS (SELECT FROM contact_roles r WHERE r.customer_id = c.id)
            RETURNING id
            """,
            new { job, ids = affected.ToArray(), now },
            cancellationToken);

        // What the file said about consent goes with it: nobody in the trash is written to.
        var granted = await unitOfWork.QueryAsync<ConsentInForce>("SELECT customer_id, channel, purpose FROM consents WHERE customer_id = ANY(@ids) AND granted", new { ids = trashed.ToArray() }, cancellationToken);
        await services.GetRequiredService<ConsentLedger>().RecordAsync(
            [
                .. granted.Select(consent => new ConsentDecision
                {
                    Id = TimelineEntry.IdOf("consent.undone", $"{job}:{consent.CustomerId}:{consent.Channel}:{consent.Purpose}"), CustomerId = consent.CustomerId, Channel = consent.Channel,
                    Purpose = consent.Purpose, Granted = false, NoticeVersion = "undo", CaptureSource = ConsentDecision.Import, EffectiveAt = now,
                }),
            ],
            cancellationToken);
        return [.. trashed];
    }

    private static async Task<IReadOnlyList<Guid>> RevertAsync(Guid job, Guid[] candidates, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (candidates.Length == 0) return [];
        var changes = await unitOfWork.QueryAsync<Change>(
            """
            SELECT h.customer_id, h.record::text AS before, coalesce(n.record, to_jsonb(c))::text AS after, to_jsonb(c)::text AS current
            FROM customer_history h JOIN customers c ON c.id = h.customer_id
            LEFT JOIN customer_history n ON n.customer_id = h.customer_id AND n.version = h.version + 1
            WHERE h.customer_id = ANY(@candidates) AND h.ended_by = 'import:' || @job ORDER BY h.customer_id, h.version DESC FOR UPDATE OF c
            """,
            new { job, candidates },
            cancellationToken);
        var (reverted, patches) = (new List<Guid>(), new List<string>());
        foreach (var customer in changes.GroupBy(change => change.CustomerId))
        {
            var patch = new JsonObject();
            var current = JsonNode.Parse(customer.First().Current)!.AsObject();
            foreach (var change in customer)
            {
                var (before, after) = (JsonNode.Parse(change.Before)!.AsObject(), JsonNode.Parse(change.After)!.AsObject());
                foreach (var column in RecordFields.Stated.Keys)
                {
                    var present = patch.TryGetPropertyValue(column, out var patched) ? patched : current[column];
                    if (!JsonNode.DeepEquals(before[column], after[column]) && JsonNode.DeepEquals(present, after[column])) patch[column] = before[column]?.DeepClone();
                }
            }

            if (patch.Count == 0) continue;
            reverted.Add(customer.Key);
            patches.Add(patch.ToJsonString());
        }

        var columns = string.Join(", ", RecordFields.Stated.Keys);
        await unitOfWork.ExecuteAsync(
            $"""
            UPDATE customers c SET version = version + 1, changed_at = @now, source_hash = NULL,
                ({columns}) = (SELECT {columns} FROM jsonb_populate_record(c, p.patch::jsonb))
            FROM unnest(@reverted, @patches) AS p (id, patch) WHERE c.id = p.id
            """,
            new { reverted = reverted.ToArray(), patches = patches.ToArray(), now },
            cancellationToken);
        return reverted;
    }

    private sealed class Change
    {
        public Guid CustomerId { get; init; }
        public string Before { get; init; } = "{}";
        public string After { get; init; } = "{}";
        public string Current { get; init; } = "{}";
    }

    private sealed class ConsentInForce
    {
        public Guid CustomerId { get; init; }
        public string Channel { get; init; } = "";
        public string Purpose { get; init; } = "";
    }
}
