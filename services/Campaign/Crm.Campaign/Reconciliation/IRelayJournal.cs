namespace Crm.Campaign.Reconciliation;

/// <summary>What the relay kept about messages that it took; asked by Message-ID.</summary>
internal interface IRelayJournal
{
    /// <exception cref="IOException">The journal cannot be read now.</exception>
    /// <exception cref="HttpRequestException">The journal does not answer now.</exception>
    Task<JournalAnswer> FindAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);
}

/// <param name="Taken">Message-IDs (without brackets) that the relay took responsibility for, with the line or address that says so.</param>
/// <param name="CompleteFrom">What the relay took at or after this instant is in the journal; null: the journal answers for all time.</param>
internal sealed record JournalAnswer(IReadOnlyDictionary<string, string> Taken, DateTimeOffset? CompleteFrom);
