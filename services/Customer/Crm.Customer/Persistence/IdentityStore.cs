using System.Text.Json;
using Crm.Customer.Domain.Identity;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Persistence;

/// <summary>Two customers who may be one, with the evidence.</summary>
internal sealed record ScoredPair(Guid LowId, Guid HighId, double Weight, IReadOnlyList<MatchReason> Reasons)
{
    /// <summary>Null where the two are different people.</summary>
    public static ScoredPair? Of(IdentityRecord one, IdentityRecord other)
    {
        if (MatchModel.Judge(MatchModel.Score(one, other)) == MatchVerdict.Different) return null;
        var reasons = new List<MatchReason>(6);
        var weight = MatchModel.Score(one, other, reasons);
        // As PostgreSQL orders uuids: by their bytes in the order in which they are written.
        return string.CompareOrdinal(one.Id.ToString(), other.Id.ToString()) < 0
            ? new ScoredPair(one.Id, other.Id, weight, reasons)
            : new ScoredPair(other.Id, one.Id, weight, reasons);
    }
}

/// <summary>Reads customers as far as they identify a person, and keeps the pairs that a person reviews.</summary>
public sealed class IdentityStore(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    /// <summary>Forty people of a million have the same birthday: for more records than this the scan is the way, and contact points only are looked up.</summary>
    private const int MaxByBirthDate = 20;

    private const string Columns = "c.id, c.display_name, c.email, c.phone, c.birth_date, c.street, c.city, c.postal_code, c.gender";

    internal async Task<IReadOnlyList<IdentityRecord>> LoadAsync(IReadOnlyCollection<Guid> customerIds, CancellationToken cancellationToken) => Records(
        await unitOfWork.QueryAsync<Row>(
            $"SELECT {Columns} FROM customers c WHERE c.id = ANY(@ids) AND c.merged_into IS NULL AND c.erased_at IS NULL AND c.trashed_at IS NULL ORDER BY c.id", new { ids = customerIds.ToArray() }, cancellationToken));

    internal async Task<IReadOnlyList<IdentityRecord>> LoadAfterAsync(Guid? id, int limit, CancellationToken cancellationToken) => Records(
        await unitOfWork.QueryAsync<Row>(
            $"SELECT {Columns} FROM customers c WHERE c.id > coalesce(@id::uuid, '00000000-0000-0000-0000-000000000000') AND c.merged_into IS NULL AND c.erased_at IS NULL AND c.trashed_at IS NULL ORDER BY c.id LIMIT @limit",
            new { id, limit }, cancellationToken));

    /// <summary>Who has one of the contact points or birth dates: the candidates of many records in one statement.</summary>
    internal async Task<IReadOnlyList<IdentityRecord>> SharingAsync(IReadOnlyCollection<IdentityRecord> records, CancellationToken cancellationToken) => Records(
        await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM customers c WHERE c.merged_into IS NULL AND c.erased_at IS NULL AND c.trashed_at IS NULL AND c.id IN (
                SELECT id FROM customers WHERE phone = ANY(@phones)
                UNION SELECT id FROM customers WHERE lower(email) = ANY(@emails)
                UNION SELECT id FROM customers WHERE birth_date = ANY(@birthDates))
            LIMIT 20000
            """,
            new
            {
                phones = records.Where(record => record.Phone is not null).Select(record => record.Phone!).Distinct().ToArray(),
                emails = records.Where(record => record.Email is not null).Select(record => record.Email!).Distinct().ToArray(),
                birthDates = records.Where(record => record.BirthDate is not null && records.Count <= MaxByBirthDate).SelectMany(record => Readings(record.BirthDate!.Value)).Distinct().ToArray(),
            },
            cancellationToken));

    /// <summary>Who is called alike, best first.</summary>
    internal async Task<IReadOnlyList<IdentityRecord>> CalledAlikeAsync(string displayName, int limit, CancellationToken cancellationToken) => Records(
        await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT {Columns} FROM customers c WHERE lower(c.display_name) % lower(@displayName) AND c.merged_into IS NULL AND c.erased_at IS NULL AND c.trashed_at IS NULL
            ORDER BY similarity(lower(c.display_name), lower(@displayName)) DESC, c.id LIMIT @limit
            """,
            new { displayName, limit },
            cancellationToken));

    /// <summary>Adds pairs to the review queue; an open pair takes the new evidence, a decided one stays decided. Returns how many are new.</summary>
    internal async Task<int> KeepAsync(IReadOnlyCollection<ScoredPair> pairs, CancellationToken cancellationToken)
    {
        if (pairs.Count == 0) return 0;
        var rows = pairs.DistinctBy(pair => (pair.LowId, pair.HighId)).OrderBy(pair => pair.LowId).ThenBy(pair => pair.HighId).ToArray();
        var added = await unitOfWork.QueryAsync<bool>(
            """
            INSERT INTO duplicate_pairs AS d (id, low_id, high_id, weight, reasons, model, found_at)
            SELECT p.id, p.low_id, p.high_id, p.weight, p.reasons::jsonb, @Version, @now
            FROM unnest(@ids, @lows, @highs, @weights, @reasons) AS p (id, low_id, high_id, weight, reasons)
            ON CONFLICT (low_id, high_id) DO UPDATE SET weight = excluded.weight, reasons = excluded.reasons, model = excluded.model
            WHERE d.state = 'open'
            RETURNING (xmax = 0)
            """,
            new
            {
                MatchModel.Version, now = time.GetUtcNow(),
                ids = rows.Select(_ => ids.Next()).ToArray(), lows = rows.Select(row => row.LowId).ToArray(), highs = rows.Select(row => row.HighId).ToArray(),
                weights = rows.Select(row => row.Weight).ToArray(),
                reasons = rows.Select(row => JsonSerializer.Serialize(row.Reasons, JsonSerializerOptions.Web)).ToArray(),
            },
            cancellationToken);
        return added.Count(isNew => isNew);
    }

    /// <summary>The date, and the one with day and month exchanged.</summary>
    private static IEnumerable<DateOnly> Readings(DateOnly date) => date.Day <= 12 ? [date, new DateOnly(date.Year, date.Day, date.Month)] : [date];

    private static IReadOnlyList<IdentityRecord> Records(IReadOnlyList<Row> rows) =>
        [.. rows.Select(row => IdentityRecord.Of(row.Id, row.DisplayName, row.Email, row.Phone, row.BirthDate, row.Street, row.City, row.PostalCode, row.Gender))];

    private sealed class Row
    {
        public Guid Id { get; init; }
        public string DisplayName { get; init; } = "";
        public string? Email { get; init; }
        public string? Phone { get; init; }
        public DateOnly? BirthDate { get; init; }
        public string? Street { get; init; }
        public string? City { get; init; }
        public string? PostalCode { get; init; }
        public string? Gender { get; init; }
    }
}
