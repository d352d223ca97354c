using Crm.Sales.Contracts.Events.V1;
using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Npgsql;

namespace Crm.Sales.Persistence;

internal enum IntakeStatus
{
    Recorded,
    Unchanged,
    Rejected,
}

/// <summary>What became of one reported purchase: its id, or why it was rejected.</summary>
internal readonly record struct IntakeOutcome(IntakeStatus Status, Guid? PurchaseId, Error? Error)
{
    public static IntakeOutcome Rejected(Error error) => new(IntakeStatus.Rejected, null, error);
}

/// <summary>A product as a purchase line keeps it.</summary>
internal sealed record CatalogueEntry(string Sku, string Name, string Category, string Currency, decimal? Cost);

/// <summary>
/// Records purchases, however they came (one, a batch, a stream): what is new, under a key that is new, is stored with its event in the
/// current transaction. The same set-based statements for one as for thousands.
/// </summary>
internal sealed class PurchaseIntake(UnitOfWork unitOfWork, CustomerDirectory customers, Ids ids, TimeProvider time, ActorAccessor actor)
{
    private const int PurchasesPerEvent = 500;
    private const int Attempts = 5;

    /// <summary>One outcome for each, in the same order. A sound purchase is never held up by an unsound neighbour.</summary>
    public async Task<IReadOnlyList<IntakeOutcome>> RecordAsync(IReadOnlyList<Result<Purchase>> reported, CancellationToken cancellationToken)
    {
        var outcomes = new IntakeOutcome[reported.Count];
        var candidates = await CandidatesAsync(reported, outcomes, cancellationToken);
        if (candidates.Count == 0) return outcomes;

        var catalogue = await CatalogueAsync(candidates, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var fresh = await WithoutKnownAsync(candidates, catalogue, outcomes, cancellationToken);
            if (fresh.Count == 0 || await TryStoreAsync(fresh, catalogue, attempt == Attempts, cancellationToken))
            {
                foreach (var candidate in fresh) outcomes[candidate.Index] = new IntakeOutcome(IntakeStatus.Recorded, candidate.Id, null);
                return outcomes;
            }
        }
    }

    /// <summary>The sound ones whose customer exists, in the order of their keys: writers that meet wait for each other in one order.</summary>
    private async Task<List<Candidate>> CandidatesAsync(IReadOnlyList<Result<Purchase>> reported, IntakeOutcome[] outcomes, CancellationToken cancellationToken)
    {
        var candidates = new List<Candidate>(reported.Count);
        var sound = reported.Where(result => result.IsSuccess).Select(result => CustomerKey.Of(result.Value.Input));
        var known = await customers.ResolveAsync(sound, cancellationToken);
        for (var i = 0; i < reported.Count; i++)
        {
            if (!reported[i].TryGet(out var purchase, out var error)) outcomes[i] = IntakeOutcome.Rejected(error);
            else if (known.TryGetValue(CustomerKey.Of(purchase.Input), out var customer)) candidates.Add(new Candidate(i, purchase, customer));
            else outcomes[i] = IntakeOutcome.Rejected(SalesErrors.UnknownCustomer(purchase.Input.CustomerId is not null));
        }

        candidates.Sort();
        return candidates;
    }

    private async Task<Dictionary<string, CatalogueEntry>> CatalogueAsync(List<Candidate> candidates, CancellationToken cancellationToken)
    {
        var skus = candidates.SelectMany(candidate => candidate.Purchase.Input.Lines).Select(line => line.Sku).Distinct().ToArray();
        var entries = await unitOfWork.QueryAsync<CatalogueEntry>(
            "SELECT sku, name, category, currency, cost FROM products WHERE sku = ANY(@skus)", new { skus }, cancellationToken);
        return entries.ToDictionary(entry => entry.Sku);
    }

    /// <summary>What is left to store, with ids; the outcome of the others is decided: recorded before, twice in here, product unknown.</summary>
    private async Task<List<Candidate>> WithoutKnownAsync(
        List<Candidate> candidates, Dictionary<string, CatalogueEntry> catalogue, IntakeOutcome[] outcomes, CancellationToken cancellationToken)
    {
        var stored = (await unitOfWork.QueryAsync<StoredKey>(
            """
            SELECT p.source, p.source_id, p.id, p.content_hash
            FROM unnest(@sources, @sourceIds) AS wanted (source, source_id) JOIN purchases p USING (source, source_id)
            """,
            new
            {
                sources = candidates.Select(candidate => candidate.Source).ToArray(),
                sourceIds = candidates.Select(candidate => candidate.SourceId).ToArray(),
            },
            cancellationToken)).DistinctBy(row => (row.Source, row.SourceId)).ToDictionary(row => (row.Source, row.SourceId));

        var fresh = new List<Candidate>(candidates.Count);
        foreach (var candidate in candidates)
        {
            if (stored.TryGetValue((candidate.Source, candidate.SourceId), out var row)) outcomes[candidate.Index] = Again(candidate, row.Id, row.ContentHash);
            else if (UnknownProduct(candidate, catalogue) is { } unknown) outcomes[candidate.Index] = IntakeOutcome.Rejected(unknown);
            else if (fresh.Count > 0 && fresh[^1].HasKeyOf(candidate)) outcomes[candidate.Index] = Again(candidate, fresh[^1].Id, fresh[^1].Hash);
            else
            {
                candidate.Id = ids.Next();
                fresh.Add(candidate);
            }
        }

        return fresh;
    }

    /// <summary>False, with nothing stored, when somebody else has just recorded one of the keys; then the known ones must be looked up again.</summary>
    private async Task<bool> TryStoreAsync(List<Candidate> fresh, Dictionary<string, CatalogueEntry> catalogue, bool last, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        await unitOfWork.ExecuteAsync("SAVEPOINT intake", null, cancellationToken);
        try
        {
            await PurchaseCopy.WriteAsync(connection, fresh, catalogue, now, actor.Required.Subject, cancellationToken);
        }
        catch (PostgresException taken) when (taken.ConstraintName == "purchases_source_key" && !last)
        {
            await unitOfWork.ExecuteAsync("ROLLBACK TO SAVEPOINT intake", null, cancellationToken);
            return false;
        }

        await unitOfWork.ExecuteAsync("RELEASE SAVEPOINT intake", null, cancellationToken);
        foreach (var chunk in fresh.Chunk(PurchasesPerEvent))
        {
            unitOfWork.Enqueue(new PurchasesRecorded(ids.Next(), now, [.. chunk.Select(candidate => candidate.ToEvent(catalogue))]));
        }

        return true;
    }

    private static IntakeOutcome Again(Candidate candidate, Guid id, byte[] hash) => candidate.Hash.AsSpan().SequenceEqual(hash)
        ? new IntakeOutcome(IntakeStatus.Unchanged, id, null)
        : IntakeOutcome.Rejected(SalesErrors.PurchaseKeyReused);

    private static Error? UnknownProduct(Candidate candidate, Dictionary<string, CatalogueEntry> catalogue)
    {
        var lines = candidate.Purchase.Input.Lines;
        for (var i = 0; i < lines.Count; i++)
        {
            if (!catalogue.ContainsKey(lines[i].Sku)) return SalesErrors.UnknownProduct(i);
        }

        return null;
    }

    private sealed record StoredKey(string Source, string SourceId, Guid Id, byte[] ContentHash);
}

/// <summary>A sound purchase on its way into the tables.</summary>
internal sealed class Candidate(int index, Purchase purchase, Guid customerId) : IComparable<Candidate>
{
    public int Index => index;
    public Purchase Purchase => purchase;
    public Guid CustomerId => customerId;
    public string Source => purchase.Input.Source;
    public string SourceId => purchase.Input.SourceId;
    public byte[] Hash { get; } = purchase.ContentHash(customerId);
    public Guid Id { get; set; }

    public bool HasKeyOf(Candidate other) => SourceId == other.SourceId && Source == other.Source;

    public int CompareTo(Candidate? other)
    {
        var bySource = string.CompareOrdinal(Source, other!.Source);
        if (bySource != 0) return bySource;
        var byId = string.CompareOrdinal(SourceId, other.SourceId);
        return byId != 0 ? byId : index.CompareTo(other.Index);
    }

    /// <summary>What was reported, else quantity times the catalogue's cost of one, where that is in the same currency.</summary>
    public decimal? CostOf(int line, CatalogueEntry product)
    {
        var input = purchase.Input.Lines[line];
        if (input.Cost is not null || product.Cost is null || product.Currency != purchase.Input.Currency) return input.Cost;
        return Amounts.Round(input.Quantity * product.Cost.Value, Currencies.DecimalsOf(purchase.Input.Currency));
    }

    public RecordedPurchase ToEvent(Dictionary<string, CatalogueEntry> catalogue)
    {
        var lines = new RecordedLine[purchase.Input.Lines.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            var (line, product) = (purchase.Input.Lines[i], catalogue[purchase.Input.Lines[i].Sku]);
            lines[i] = new RecordedLine(
                i + 1, line.Sku, product.Name, product.Category, line.Quantity, line.UnitPrice, line.Discount, line.Tax, purchase.Nets[i],
                CostOf(i, product), line.Lot);
        }

        return new RecordedPurchase(Id, customerId, Source, SourceId, purchase.PurchasedAt, purchase.Input.Currency, purchase.Total, lines);
    }
}
