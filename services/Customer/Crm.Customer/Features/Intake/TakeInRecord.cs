using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Features.Import;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Intake;

/// <summary>
/// What a social network or a survey tool tells of one person, as JSON. The source's fields mean what its import mapping says (<c>PUT /import-mappings/{source}</c>);
/// answers become preferences, topics become interests. The same key of the same source is the same customer, and the same record again changes nothing.
/// </summary>
internal static class TakeInRecord
{
    private static readonly IReadOnlyList<string> Kinds = ["social", "survey", "other"];

    /// <param name="ExternalId">The person's key at the source, for ever.</param>
    /// <param name="ResponseId">Of a survey: which response it is, with when it was given. Told again it is not another one on the timeline.</param>
    internal sealed record Request(
        string Source, string ExternalId, string Kind, Dictionary<string, string?> Fields, IReadOnlyList<PreferenceState>? Answers = null, IReadOnlyList<string>? Interests = null,
        string? ResponseId = null, DateTimeOffset? OccurredAt = null);

    /// <param name="Outcome">created, updated or unchanged.</param>
    internal sealed record Response(Guid CustomerId, string Outcome);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/intake-records", async (Request request, Handler handler, CancellationToken cancellationToken) => (await handler.HandleAsync(request, cancellationToken)).ToOk())
        .WithName("TakeInRecord")
        .AllowRoles(Roles.Integration, Roles.Marketer, Roles.ServiceSupervisor, Roles.SalesManager);

    internal sealed class Handler(UnitOfWork unitOfWork, CustomerBatch batch, CustomerStore store, Tombstones tombstones, Timeline timeline, Ids ids, TimeProvider time)
    {
        public async Task<Result<Response>> HandleAsync(Request request, CancellationToken cancellationToken)
        {
            var (now, check) = (time.GetUtcNow(), new InputCheck());
            var kind = check.OneOf(request.Kind, "kind", Kinds);
            var interests = check.List(request.Interests, "interests", 50, 100);
            var responseId = check.Text(request.ResponseId, "responseId", 100);
            if (responseId is not null && request.OccurredAt is null) check.Fail(CustomerErrors.ValueRequired("occurredAt"));
            if (check.Error is { } error) return error;
            if (request.OccurredAt is { } at && !CustomerDetails.IsPlausible(at, now)) return CustomerErrors.InstantInvalid("occurredAt");
            if (!OwnFields.From(request.Answers, null).TryGet(out var own, out error)) return error with { Field = error.Field?.Replace("preferences", "answers", StringComparison.Ordinal) };
            if (CustomerDetails.SourceRefusal(request.Source, request.ExternalId, out _) is { } badSource) return badSource with { Field = badSource.Field == "sourceId" ? "externalId" : badSource.Field };
            if (!Map(request, await ImportJob.MappingAsync(request.Source, unitOfWork, cancellationToken) ?? []).TryGet(out var incoming, out error)) return error;
            if (!incoming.Check(ids.Next(), now).TryGet(out var staged, out error)) return error with { Field = error.Field is "sourceId" ? "externalId" : "fields." + error.Field };
            if ((await tombstones.FindAsync([new(staged.Details.Email, staged.Details.Phone, staged.Source, staged.SourceId)], cancellationToken)).Count > 0) return PrivacyErrors.Erased("externalId");

            var written = await batch.WriteAsync([staged], null, cancellationToken);
            var customerId = await unitOfWork.QuerySingleOrDefaultAsync<Guid>(
                "SELECT current_customer(id) FROM customers WHERE source = @Source AND source_id = @SourceId", new { staged.Source, staged.SourceId }, cancellationToken);
            var added = await AddOwnAsync(customerId, own, interests, now, cancellationToken);
            if (responseId is not null)
            {
                await timeline.AppendAsync(
                    [TimelineEntry.Of(customerId, request.OccurredAt!.Value, kind + ".told", $"{staged.Source}:{staged.SourceId}:{responseId}", "customer", $"customer:{customerId}", ("source", staged.Source), ("answers", own.Preferences.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)))],
                    cancellationToken);
            }

            return new Response(customerId, written.Created > 0 ? "created" : written.Updated > 0 || added ? "updated" : "unchanged");
        }

        /// <summary>Answers of this source's question replace the earlier ones; interests add up.</summary>
        private async Task<bool> AddOwnAsync(Guid customerId, OwnFields own, string[] interests, DateTimeOffset now, CancellationToken cancellationToken)
        {
            var changed = await unitOfWork.ExecuteAsync(
                """
                UPDATE customers c SET version = version + 1, changed_at = @now, preferences = m.preferences, interests = m.interests FROM (
                    SELECT (SELECT coalesce(jsonb_agg(p ORDER BY p ->> 'name'), '[]') FROM (
                               SELECT o AS p FROM jsonb_array_elements(k.preferences) o WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(@preferences::jsonb) n WHERE n ->> 'name' = o ->> 'name')
                               UNION ALL SELECT n FROM jsonb_array_elements(@preferences::jsonb) n) a) AS preferences,
                           ARRAY(SELECT i FROM unnest(k.interests || @interests) i GROUP BY i ORDER BY i LIMIT 50) AS interests
                    FROM customers k WHERE k.id = @customerId) m
                WHERE c.id = @customerId AND (c.preferences <> m.preferences OR NOT (c.interests @> m.interests))
                """,
                new { customerId, preferences = own.PreferencesJson, interests, now },
                cancellationToken);
            if (changed > 0) await store.PublishChangedAsync([customerId], cancellationToken);
            return changed > 0;
        }

        private static Result<IncomingCustomer> Map(Request request, Dictionary<string, string?> mapping)
        {
            mapping = new Dictionary<string, string?>(mapping, StringComparer.OrdinalIgnoreCase);
            var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
            foreach (var (name, value) in request.Fields)
            {
                var column = mapping.TryGetValue(name, out var meant) ? meant : name;
                if (column is null) continue;
                if (!CsvCustomers.Columns.Contains(column, StringComparer.OrdinalIgnoreCase)) return CustomerErrors.FieldUnmapped("fields." + (name.Length <= 50 ? name : name[..50]));
                values[column] = value;
            }

            return new IncomingCustomer
            {
                Source = request.Source, SourceId = request.ExternalId, RegisteredAt = null, BirthDate = Value("birthDate"), MarketingConsents = [],
                Details = new CustomerInput
                {
                    DisplayName = Value("displayName"), GivenName = Value("givenName"), FamilyName = Value("familyName"), Email = Value("email"), Phone = Value("phone"), Language = Value("language"),
                    TimeZone = Value("timeZone"), Street = Value("street"), City = Value("city"), Province = Value("province"), PostalCode = Value("postalCode"), Country = Value("country"), Gender = Value("gender"),
                    Tags = Value("tags")?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
                },
            };

            string? Value(string column) => values.GetValueOrDefault(column);
        }
    }
}
