using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Identity;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Identity;

/// <summary>
/// Two records of one person become one: the survivor has the fields that the plan says, everything that belonged to the absorbed one belongs to
/// the survivor in all services, and the old id leads to the survivor for ever. <see cref="UndoMerge"/> takes it back.
/// </summary>
internal static class MergeCustomers
{
    /// <param name="Fields">Per field (see <see cref="MergePlan.Fields"/>) whose value counts; left out: the survivor's, or the absorbed one's where the survivor has none.</param>
    internal sealed record Request(
        Guid SurvivorId, long SurvivorVersion, Guid AbsorbedId, long AbsorbedVersion, IReadOnlyDictionary<string, MergeChoice>? Fields = null);

    internal sealed record Response(
        Guid Id, Guid SurvivorId, Guid AbsorbedId, DateTimeOffset MergedAt, string MergedBy, IReadOnlyDictionary<string, MergeChoice> Fields, CustomerResponse Survivor);

    internal sealed record PreviewRequest(Guid SurvivorId, Guid AbsorbedId, IReadOnlyDictionary<string, MergeChoice>? Fields = null);

    internal sealed record Preview(CustomerResponse Survivor, CustomerResponse Absorbed, IReadOnlyDictionary<string, MergeChoice> Fields);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/customer-merges", async (Request request, Handler handler, CancellationToken cancellationToken) =>
                (await handler.HandleAsync(request, cancellationToken)).ToCreated(merge => $"/api/customer/v1/customer-merges/{merge.Id}"))
            .WithName("MergeCustomers")
            .AllowRoles(Roles.CustomerEditors);
        api.MapPost("/customer-merges/preview", async (PreviewRequest request, Handler handler, CancellationToken cancellationToken) =>
                (await handler.PreviewAsync(request, cancellationToken)).ToOk())
            .WithName("PreviewMerge")
            .WithMetadata(new NoEffectAttribute())
            .AllowRoles(Roles.CustomerEditors);
    }

    internal sealed class Handler(UnitOfWork unitOfWork, CustomerStore store, ConsentLedger consents, Timeline timeline, ActorAccessor actor, Ids ids, TimeProvider time)
    {
        public async Task<Result<Preview>> PreviewAsync(PreviewRequest request, CancellationToken cancellationToken)
        {
            if (!(await LockAsync(request.SurvivorId, request.AbsorbedId, cancellationToken)).TryGet(out var pair, out var error)) return error;
            if (!Decide(pair.Survivor, request.Fields).TryGet(out var fields, out error)) return error;
            return new Preview(CustomerResponse.From(pair.Survivor.Row), CustomerResponse.From(pair.Absorbed.Row), fields);
        }

        public async Task<Result<Response>> HandleAsync(Request request, CancellationToken cancellationToken)
        {
            if (!(await LockAsync(request.SurvivorId, request.AbsorbedId, cancellationToken)).TryGet(out var pair, out var error)) return error;
            var (survivor, absorbed) = pair;
            if (survivor.Row.Version != request.SurvivorVersion) return IdentityErrors.MergeStale("survivorVersion");
            if (absorbed.Row.Version != request.AbsorbedVersion) return IdentityErrors.MergeStale("absorbedVersion");
            if (!Decide(survivor, request.Fields).TryGet(out var fields, out error)) return error;

            var (mergeId, now, by) = (ids.Next(), time.GetUtcNow(), actor.Required);
            await unitOfWork.SetAsync(by, ChangeOrigin.Form, cancellationToken);
            await unitOfWork.ExecuteAsync("SELECT apply_merge(@mergeId, @SurvivorId, @AbsorbedId, false)", new { mergeId, request.SurvivorId, request.AbsorbedId }, cancellationToken);
            await TakeOverAsync(survivor.Row, absorbed.Row, fields, now, cancellationToken);
            await unitOfWork.ExecuteAsync(
                $"""
                UPDATE customers SET merged_into = @SurvivorId, version = version + 1, changed_at = @now WHERE id = @AbsorbedId;
                UPDATE customer_merges SET merged_at = @now, merged_by = @Subject, before = @before::jsonb,
                    after = (SELECT to_jsonb(c) FROM customers c WHERE c.id = @SurvivorId)
                WHERE merge_id = @mergeId;
                UPDATE duplicate_pairs SET state = 'merged', decided_at = @now, decided_by = @Subject
                WHERE low_id = least(@SurvivorId, @AbsorbedId) AND high_id = greatest(@SurvivorId, @AbsorbedId);
                INSERT INTO customer_activity AS a SELECT @SurvivorId, purchase_count, first_purchased_at, last_purchased_at FROM customer_activity WHERE customer_id = @AbsorbedId
                ON CONFLICT (customer_id) DO UPDATE SET purchase_count = a.purchase_count + excluded.purchase_count,
                    first_purchased_at = least(a.first_purchased_at, excluded.first_purchased_at), last_purchased_at = greatest(a.last_purchased_at, excluded.last_purchased_at);
                """,
                new { mergeId, request.SurvivorId, request.AbsorbedId, now, by.Subject, before = survivor.Json },
                cancellationToken);
            await consents.AdoptAsync(request.AbsorbedId, request.SurvivorId, cancellationToken);
            await timeline.AppendAsync(
                [TimelineEntry.Of(request.SurvivorId, now, "customer.merged", mergeId.ToString(), "customer", $"merge:{mergeId}",
                    ("absorbedId", request.AbsorbedId.ToString()), ("absorbedNumber", absorbed.Row.Number))],
                cancellationToken);
            unitOfWork.Enqueue(new CustomerMerged(ids.Next(), now, mergeId, request.SurvivorId, request.AbsorbedId));
            await store.PublishChangedAsync([request.SurvivorId], cancellationToken);
            return new Response(mergeId, request.SurvivorId, request.AbsorbedId, now, by.Subject, fields, CustomerResponse.From((await store.FindAsync(request.SurvivorId, cancellationToken))!));
        }

        private sealed record Locked(CustomerRow Row, string Json);

        /// <summary>Both records, locked in the order of their ids: merges that cross wait for each other, and the second one finds what the first one did.</summary>
        private async Task<Result<(Locked Survivor, Locked Absorbed)>> LockAsync(Guid survivorId, Guid absorbedId, CancellationToken cancellationToken)
        {
            if (survivorId == absorbedId) return IdentityErrors.MergeWithItself;
            var rows = await unitOfWork.QueryAsync<LockedRow>(
                "SELECT id, merged_into, to_jsonb(c)::text AS json FROM customers c WHERE id = ANY(@both) ORDER BY id FOR UPDATE", new { both = new[] { survivorId, absorbedId } }, cancellationToken);
            foreach (var (id, field) in new[] { (survivorId, "survivorId"), (absorbedId, "absorbedId") })
            {
                if (rows.FirstOrDefault(row => row.Id == id) is not { } row) return IdentityErrors.MergeCustomerUnknown(field);
                if (row.MergedInto is not null) return IdentityErrors.AlreadyMerged(field);
            }

            return (await ReadAsync(survivorId), await ReadAsync(absorbedId));

            async Task<Locked> ReadAsync(Guid id) => new((await store.FindAsync(id, cancellationToken))!, rows.Single(row => row.Id == id).Json);
        }

        private static Result<IReadOnlyDictionary<string, MergeChoice>> Decide(Locked survivor, IReadOnlyDictionary<string, MergeChoice>? wanted)
        {
            var values = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(survivor.Json)!;
            return MergePlan.Decide(wanted, field => field.Columns.All(column => values[column].ValueKind == JsonValueKind.Null || (column == "custom_fields" && values[column].GetArrayLength() == 0)));
        }

        private Task<int> TakeOverAsync(
            CustomerRow survivor, CustomerRow absorbed, IReadOnlyDictionary<string, MergeChoice> fields, DateTimeOffset now, CancellationToken cancellationToken)
        {
            var taken = MergePlan.Fields.Where(field => fields[field.Name] == MergeChoice.Absorbed).SelectMany(field => field.Columns)
                // Who was referred by the survivor does not make the survivor refer himself.
                .Select(column => column == "referred_by" ? $"referred_by = nullif(a.referred_by, @survivorId)" : $"{column} = a.{column}");
            var preferences = survivor.Own.Preferences.Concat(absorbed.Own.Preferences).DistinctBy(preference => preference.Name).ToList();
            return unitOfWork.ExecuteAsync(
                $"""
                UPDATE customers s SET {string.Concat(taken.Select(assignment => assignment + ", "))}
                    version = s.version + 1, changed_at = @now, tags = @tags, preferences = @preferences::jsonb, lifecycle_stage = @stage,
                    registered_at = least(s.registered_at, a.registered_at), is_internal = s.is_internal OR a.is_internal,
                    interests = (SELECT coalesce(array_agg(DISTINCT i ORDER BY i), ARRAY[]::text[]) FROM unnest(s.interests || a.interests) AS i)
                FROM customers a WHERE s.id = @survivorId AND a.id = @absorbedId
                """,
                new
                {
                    now, survivorId = survivor.Id, absorbedId = absorbed.Id,
                    tags = survivor.Tags.Union(absorbed.Tags).Order(StringComparer.Ordinal).Take(CustomerDetails.MaxTags).ToArray(),
                    preferences = OwnFields.From(preferences, null).Value.PreferencesJson,
                    stage = MergePlan.FurtherStage(survivor.LifecycleStage, absorbed.LifecycleStage),
                },
                cancellationToken);
        }

        private sealed class LockedRow
        {
            public Guid Id { get; init; }
            public Guid? MergedInto { get; init; }
            public string Json { get; init; } = "";
        }
    }
}
