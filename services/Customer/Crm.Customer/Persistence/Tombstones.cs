using Crm.Customer.Domain.Identity;
using Crm.Customer.Domain.Privacy;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Persistence;

/// <summary>Recognises who was erased when they come again, by keyed hashes of what they were reached by and known as.</summary>
public sealed class Tombstones(UnitOfWork unitOfWork, PrivacyKeys keys)
{
    /// <summary>How an incoming customer would be recognised.</summary>
    internal sealed record Marks(string? Email, string? Phone, string? Source, string? SourceId);

    internal Task PlaceAsync(IEnumerable<Marks> erased, DateTimeOffset at, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        "INSERT INTO erasure_tombstones (hash, erased_at) SELECT unnest(@hashes), @at ON CONFLICT DO NOTHING",
        new { hashes = erased.SelectMany(HashesOf).ToArray(), at },
        cancellationToken);

    /// <summary>The positions of those who were erased before.</summary>
    internal async Task<IReadOnlySet<int>> FindAsync(IReadOnlyList<Marks> incoming, CancellationToken cancellationToken)
    {
        // Most bases have nobody to recognise: then nothing is hashed.
        if (incoming.Count == 0 || !await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM erasure_tombstones)", null, cancellationToken)) return new HashSet<int>();
        var marked = incoming.SelectMany((marks, position) => HashesOf(marks).Select(hash => (hash, position))).ToArray();
        return (await unitOfWork.QueryAsync<int>(
            "SELECT m.position FROM unnest(@hashes, @positions) AS m (hash, position) JOIN erasure_tombstones t ON t.hash = m.hash",
            new { hashes = marked.Select(mark => mark.hash).ToArray(), positions = marked.Select(mark => mark.position).ToArray() },
            cancellationToken)).ToHashSet();
    }

    private IEnumerable<byte[]> HashesOf(Marks marks)
    {
        if (ContactKeys.Email(marks.Email) is { } email) yield return keys.Tombstone("email", email);
        if (marks.Phone is not null) yield return keys.Tombstone("phone", marks.Phone);
        if (marks.Source is not null) yield return keys.Tombstone("source", marks.Source + "\n" + marks.SourceId);
    }
}
