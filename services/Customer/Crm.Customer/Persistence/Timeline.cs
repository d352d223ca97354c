using System.Text.Json;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Persistence;

/// <summary>Appends to the timeline of customers. An entry that is there already stays as it is.</summary>
public sealed class Timeline(UnitOfWork unitOfWork)
{
    public Task AppendAsync(IReadOnlyList<TimelineEntry> entries, CancellationToken cancellationToken) => AppendAsync(entries, null, cancellationToken);

    /// <param name="visibility">Null: whoever may read customers; <c>unit:NAME</c>; <c>user:SUBJECT</c>.</param>
    public async Task AppendAsync(IReadOnlyList<TimelineEntry> entries, string? visibility, CancellationToken cancellationToken)
    {
        if (entries.Count == 0) return;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO timeline_entries (customer_id, occurred_at, entry_id, kind, source_service, subject_ref, args, visibility)
            SELECT t.customer_id, t.occurred_at, t.entry_id, t.kind, t.source_service, t.subject_ref, t.args::jsonb, @visibility
            FROM unnest(@customerIds, @occurredAts, @entryIds, @kinds, @services, @subjects, @args)
                AS t (customer_id, occurred_at, entry_id, kind, source_service, subject_ref, args)
            ORDER BY t.customer_id, t.occurred_at, t.entry_id
            ON CONFLICT DO NOTHING
            """,
            new
            {
                visibility,
                customerIds = entries.Select(entry => entry.CustomerId).ToArray(),
                occurredAts = entries.Select(entry => entry.OccurredAt.ToUniversalTime()).ToArray(),
                entryIds = entries.Select(entry => entry.EntryId).ToArray(),
                kinds = entries.Select(entry => entry.Kind).ToArray(),
                services = entries.Select(entry => entry.SourceService).ToArray(),
                subjects = entries.Select(entry => entry.SubjectRef).ToArray(),
                args = entries.Select(entry => JsonSerializer.Serialize(entry.Args)).ToArray(),
            },
            cancellationToken);
    }
}
