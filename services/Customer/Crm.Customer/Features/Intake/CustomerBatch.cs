using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Customer.Features.Intake;

internal readonly record struct BatchOutcome(long Created, long Updated, long Unchanged);

/// <summary>
/// Takes a batch of customers with distinct keys in: binary COPY into a temporary table, then one upsert by (source, source id). What a
/// row leaves empty keeps its value; a row equal to the last one of that key changes nothing, even where the record was edited since.
/// </summary>
internal sealed class CustomerBatch(UnitOfWork unitOfWork, CustomerStore store, ConsentLedger consents, Timeline timeline, ActorAccessor actor, TimeProvider time)
{
    private const string Differs = "(k.id IS NULL OR k.source_hash IS DISTINCT FROM s.source_hash)";

    internal async Task<BatchOutcome> WriteAsync(IReadOnlyList<StagedCustomer> batch, Guid? job, CancellationToken cancellationToken)
    {
        await StageAsync(batch, cancellationToken);
        await LockAsync(batch, cancellationToken);
        await unitOfWork.SetAsync(job is null ? actor.Current?.Subject ?? Actor.System.Subject : $"import:{job}", batch[0].Source, cancellationToken);
        Touched[] touched = [.. await UpsertAsync(job, cancellationToken), .. await TellSurvivorsAsync(cancellationToken)];
        Guid[] created = [.. touched.Where(row => row.Created).Select(row => row.Id)];
        Guid[] updated = [.. touched.Where(row => !row.Created).Select(row => row.Id)];

        var referred = await store.ResolveReferralsAsync([.. touched.Select(row => row.Id)], cancellationToken);
        await RecordConsentsAsync(batch, touched, cancellationToken);
        await timeline.AppendAsync([.. touched.Select(Entry)], cancellationToken);
        await store.PublishRegisteredAsync(created, cancellationToken);
        await store.PublishChangedAsync([.. updated.Union(referred).Except(created)], cancellationToken);
        return new BatchOutcome(created.Length, updated.Length, batch.Count - touched.Length);
    }

    /// <summary>What <see cref="WriteAsync"/> would do, without doing it.</summary>
    internal async Task<BatchOutcome> PreviewAsync(IReadOnlyList<StagedCustomer> batch, CancellationToken cancellationToken)
    {
        await StageAsync(batch, cancellationToken);
        var differing = await unitOfWork.QueryAsync<bool>(
            $"SELECT k.id IS NULL FROM customer_staging s LEFT JOIN customers k ON k.source = s.source AND k.source_id = s.source_id WHERE {Differs}",
            null,
            cancellationToken);
        var created = differing.Count(isNew => isNew);
        return new BatchOutcome(created, differing.Count - created, batch.Count - differing.Count);
    }

    private async Task StageAsync(IReadOnlyList<StagedCustomer> batch, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            CREATE TEMP TABLE IF NOT EXISTS customer_staging (
                id uuid, source text, source_id text, source_hash bytea, display_name text, given_name text, family_name text, email text,
                phone text, language text, time_zone text, street text, city text, province text, postal_code text, country text,
                birth_date date, gender text, tags text[], referred_by_source_id text, registered_at timestamptz
            ) ON COMMIT DELETE ROWS;
            """,
            null,
            cancellationToken);
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync("COPY customer_staging FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var row in batch)
        {
            var details = row.Details;
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid, cancellationToken);
            await TextAsync(row.Source);
            await TextAsync(row.SourceId);
            await copy.WriteAsync(row.Hash, NpgsqlDbType.Bytea, cancellationToken);
            await TextAsync(details.DisplayName);
            await TextAsync(details.GivenName);
            await TextAsync(details.FamilyName);
            await TextAsync(details.Email);
            await TextAsync(details.Phone);
            await TextAsync(details.Language);
            await TextAsync(details.TimeZone);
            await TextAsync(details.Street);
            await TextAsync(details.City);
            await TextAsync(details.Province);
            await TextAsync(details.PostalCode);
            await TextAsync(details.Country);
            await (details.BirthDate is { } birthDate ? copy.WriteAsync(birthDate, NpgsqlDbType.Date, cancellationToken) : copy.WriteNullAsync(cancellationToken));
            await TextAsync(details.Gender);
            await copy.WriteAsync(details.Tags, NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
            await TextAsync(row.ReferredBySourceId);
            await (row.RegisteredAt is { } at ? copy.WriteAsync(at, NpgsqlDbType.TimestampTz, cancellationToken) : copy.WriteNullAsync(cancellationToken));
        }

        await copy.CompleteAsync(cancellationToken);

        Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
    }

    /// <summary>
    /// Imports of one source go one after the other, and rows are locked in the order of their ids, as the consumers of events do: two
    /// of them never wait for each other crosswise.
    /// </summary>
    private async Task LockAsync(IReadOnlyList<StagedCustomer> batch, CancellationToken cancellationToken)
    {
        foreach (var source in batch.Select(row => row.Source).Distinct().Order(StringComparer.Ordinal))
        {
            await unitOfWork.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('customer intake ' || @source, 0))", new { source }, cancellationToken);
        }

        await unitOfWork.ExecuteAsync(
            """
            SELECT id FROM customers WHERE id IN (
                SELECT k.id FROM customer_staging s JOIN customers k ON k.source = s.source AND k.source_id = s.source_id
                WHERE k.source_hash IS DISTINCT FROM s.source_hash
                UNION
                SELECT current_customer(k.id) FROM customer_staging s JOIN customers k ON k.source = s.source AND k.source_id = s.source_id
                WHERE k.merged_into IS NOT NULL AND k.source_hash IS DISTINCT FROM s.source_hash
                UNION
                SELECT p.id FROM customer_staging s JOIN customers p ON p.source = s.source AND p.referred_by_source_id = s.source_id
                WHERE p.referred_by IS NULL)
            ORDER BY id FOR UPDATE
            """,
            null,
            cancellationToken);
    }

    private Task<IReadOnlyList<Touched>> UpsertAsync(Guid? job, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Touched>(
        $"""
        INSERT INTO customers AS c (
            id, number, source, source_id, source_hash, display_name, given_name, family_name, email, phone, language, time_zone, street,
            city, province, postal_code, country, birth_date, gender, tags, referred_by_source_id, registered_at, changed_at, import_job)
        SELECT coalesce(k.id, s.id), coalesce(k.number, next_customer_number()), s.source, s.source_id, s.source_hash, s.display_name,
               coalesce(s.given_name, k.given_name), coalesce(s.family_name, k.family_name), coalesce(s.email, k.email),
               coalesce(s.phone, k.phone), coalesce(s.language, k.language, '{CustomerDetails.DefaultLanguage}'),
               coalesce(s.time_zone, k.time_zone, '{CustomerDetails.DefaultTimeZone}'), coalesce(s.street, k.street),
               coalesce(s.city, k.city), coalesce(s.province, k.province), coalesce(s.postal_code, k.postal_code),
               coalesce(s.country, k.country), coalesce(s.birth_date, k.birth_date), coalesce(s.gender, k.gender),
               CASE WHEN cardinality(s.tags) = 0 THEN coalesce(k.tags, s.tags) ELSE s.tags END,
               coalesce(s.referred_by_source_id, k.referred_by_source_id), coalesce(s.registered_at, k.registered_at, @now), @now, @job::uuid
        FROM customer_staging s LEFT JOIN customers k ON k.source = s.source AND k.source_id = s.source_id
        WHERE {Differs} AND k.merged_into IS NULL
        ORDER BY s.source, s.source_id
        ON CONFLICT (source, source_id) DO UPDATE SET
            version = c.version + 1, source_hash = excluded.source_hash, display_name = excluded.display_name,
            given_name = excluded.given_name, family_name = excluded.family_name, email = excluded.email, phone = excluded.phone,
            language = excluded.language, time_zone = excluded.time_zone, street = excluded.street, city = excluded.city,
            province = excluded.province, postal_code = excluded.postal_code, country = excluded.country,
            birth_date = excluded.birth_date, gender = excluded.gender, tags = excluded.tags,
            referred_by_source_id = excluded.referred_by_source_id, registered_at = excluded.registered_at, changed_at = excluded.changed_at,
            trashed_at = NULL, import_job = CASE WHEN c.trashed_at IS NULL THEN c.import_job ELSE excluded.import_job END
        RETURNING c.id, c.source, c.source_id, c.version, c.registered_at, c.changed_at, (c.xmax = 0) AS created
        """,
        new { now = time.GetUtcNow(), job },
        cancellationToken);

    /// <summary>
    /// What a source says of a customer who was merged into another is said of that one. Where several keys lead to one survivor, their rows count one
    /// after the other.
    /// </summary>
    private async Task<List<Touched>> TellSurvivorsAsync(CancellationToken cancellationToken)
    {
        var touched = new List<Touched>();
        while (true)
        {
            var told = await unitOfWork.QueryAsync<Touched>(
                """
                WITH told AS (
                    SELECT DISTINCT ON (current_customer(k.id)) current_customer(k.id) AS survivor, k.id AS absorbed, s.*
                    FROM customer_staging s JOIN customers k ON k.source = s.source AND k.source_id = s.source_id
                    WHERE k.merged_into IS NOT NULL AND k.source_hash IS DISTINCT FROM s.source_hash
                    ORDER BY current_customer(k.id), s.source, s.source_id),
                remembered AS (UPDATE customers k SET source_hash = t.source_hash FROM told t WHERE k.id = t.absorbed)
                UPDATE customers c SET
                    version = c.version + 1, changed_at = @now, display_name = t.display_name, given_name = coalesce(t.given_name, c.given_name),
                    family_name = coalesce(t.family_name, c.family_name), email = coalesce(t.email, c.email), phone = coalesce(t.phone, c.phone),
                    language = coalesce(t.language, c.language), time_zone = coalesce(t.time_zone, c.time_zone), street = coalesce(t.street, c.street),
                    city = coalesce(t.city, c.city), province = coalesce(t.province, c.province), postal_code = coalesce(t.postal_code, c.postal_code),
                    country = coalesce(t.country, c.country), birth_date = coalesce(t.birth_date, c.birth_date), gender = coalesce(t.gender, c.gender),
                    tags = CASE WHEN cardinality(t.tags) = 0 THEN c.tags ELSE t.tags END
                FROM told t WHERE c.id = t.survivor
                RETURNING c.id, t.source, t.source_id, c.version, c.registered_at, c.changed_at, false AS created
                """,
                new { now = time.GetUtcNow() },
                cancellationToken);
            if (told.Count == 0) return touched;
            touched.AddRange(told);
        }
    }

    /// <summary>
    /// A consent told by a source took effect when the customer registered there: it never undoes a withdrawal that came later, however
    /// often the source repeats it.
    /// </summary>
    private async Task RecordConsentsAsync(IReadOnlyList<StagedCustomer> batch, IReadOnlyList<Touched> touched, CancellationToken cancellationToken)
    {
        var staged = batch.ToDictionary(row => (row.Source, row.SourceId));
        await consents.RecordAsync(
            [
                .. from row in touched
                   from channel in staged[(row.Source, row.SourceId)].MarketingConsents
                   select new ConsentDecision
                   {
                       Id = TimelineEntry.IdOf("consent.imported", $"{row.Id}:{channel}:{row.RegisteredAt:O}"),
                       CustomerId = row.Id,
                       Channel = channel,
                       Purpose = ConsentDecision.Marketing,
                       Granted = true,
                       NoticeVersion = row.Source,
                       CaptureSource = ConsentDecision.Import,
                       EffectiveAt = row.RegisteredAt,
                   },
            ],
            cancellationToken);
    }

    private static TimelineEntry Entry(Touched row) => row.Created
        ? TimelineEntry.Of(row.Id, row.RegisteredAt, "customer.registered", row.Id.ToString(), "customer", $"customer:{row.Id}", ("source", row.Source))
        : TimelineEntry.Of(row.Id, row.ChangedAt, "customer.changed", $"{row.Id}:{row.Version}", "customer", $"customer:{row.Id}", ("source", row.Source));

    private sealed class Touched
    {
        public Guid Id { get; init; }
        public string Source { get; init; } = "";
        public string SourceId { get; init; } = "";
        public long Version { get; init; }
        public DateTimeOffset RegisteredAt { get; init; }
        public DateTimeOffset ChangedAt { get; init; }
        public bool Created { get; init; }
    }
}
