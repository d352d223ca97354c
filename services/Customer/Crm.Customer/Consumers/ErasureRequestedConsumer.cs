using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Features.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>
/// Customer's own part of an erasure, like any other service's: what describes the person is gone, the record stays as a number that totals count. Before that
/// the keyed hashes are taken by which the person is recognised should they come again. Told again it finds nothing to do.
/// </summary>
public sealed class ErasureRequestedConsumer(UnitOfWork unitOfWork, Tombstones tombstones, SubjectKeys keys, Erasure erasure, TimeProvider time) : IConsumer<ErasureRequested>
{
    public async Task Consume(ConsumeContext<ErasureRequested> context)
    {
        var (message, now) = (context.Message, time.GetUtcNow());
        var customers = message.CustomerIds.ToArray();
        var marks = await unitOfWork.QueryAsync<Mark>(
            "SELECT email, phone, source, source_id FROM customers WHERE id = ANY(@customers) AND erased_at IS NULL ORDER BY id FOR UPDATE", new { customers }, context.CancellationToken);
        await tombstones.PlaceAsync(marks.Select(mark => new Tombstones.Marks(mark.Email, mark.Phone, mark.Source, mark.SourceId)), now, context.CancellationToken);
        var rows = await unitOfWork.ExecuteAsync(
            """
            DELETE FROM import_problems p USING import_jobs j, customers c
            WHERE p.job_id = j.id AND c.id = ANY(@customers) AND j.source = c.source AND p.source_id = c.source_id;
            UPDATE customers SET version = version + 1, changed_at = @now, erased_at = coalesce(erased_at, @now), display_name = '', given_name = NULL, family_name = NULL, email = NULL,
                phone = NULL, language = @DefaultLanguage, time_zone = @DefaultTimeZone, street = NULL, city = NULL, province = NULL, postal_code = NULL, country = NULL,
                birth_date = NULL, gender = NULL, tags = '{}', preferences = '[]', custom_fields = '[]', source = NULL, source_id = NULL, source_hash = NULL, referred_by_source_id = NULL
            WHERE id = ANY(@customers);
            SELECT erase_children(@customers);
            DELETE FROM timeline_entries WHERE customer_id = ANY(@customers);
            DELETE FROM consents WHERE customer_id = ANY(@customers);
            DELETE FROM access_packages WHERE customer_id = ANY(@customers);
            DELETE FROM form_submissions WHERE customer_id = ANY(@customers) OR lower(email) = ANY(@emails);
            DELETE FROM consent_requests WHERE customer_id = ANY(@customers);
            DELETE FROM duplicate_pairs WHERE low_id = ANY(@customers) OR high_id = ANY(@customers);
            UPDATE customer_merges SET before = '{}', after = '{}' WHERE survivor_id = ANY(@customers) OR absorbed_id = ANY(@customers);
            UPDATE privacy_requests SET note = NULL, verified_by = '', outcome = CASE WHEN outcome IS NULL THEN NULL ELSE '' END WHERE customer_id = ANY(@customers);
            DELETE FROM idempotency i WHERE EXISTS (SELECT FROM unnest(@ids::text[]) AS c (id) WHERE strpos(coalesce(i.body, '') || coalesce(i.location, '') || i.route, c.id) > 0);
            UPDATE outbox o SET payload = without_person(o.payload::jsonb, @customers)::text
            WHERE EXISTS (SELECT FROM unnest(@ids::text[]) AS c (id) WHERE strpos(o.payload, c.id) > 0);
            """,
            new { now, customers, emails = marks.Select(mark => mark.Email?.ToLowerInvariant()).OfType<string>().ToArray(), ids = customers.Select(id => id.ToString()).ToArray(), CustomerDetails.DefaultLanguage, CustomerDetails.DefaultTimeZone },
            context.CancellationToken);
        // Before the commit: an erasure that is confirmed has destroyed the keys. Where the commit fails it all comes again.
        await keys.DestroyAsync(customers, context.CancellationToken);
        await erasure.ConfirmAsync(message.RequestId, "customer", rows, context.CancellationToken);
    }

    private sealed class Mark
    {
        public string? Email { get; init; }
        public string? Phone { get; init; }
        public string? Source { get; init; }
        public string? SourceId { get; init; }
    }
}
