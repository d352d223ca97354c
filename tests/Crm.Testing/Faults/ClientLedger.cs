using System.Collections.Concurrent;
using System.Globalization;

namespace Crm.Testing.Faults;

/// <summary>What an operation is to leave behind, once for its key.</summary>
public enum Effect
{
    Registration,
    Import,
    Enrolment,
    Purchase,
    Return,
    Case,
    Consent,
    Redemption,
}

public enum Outcome
{
    /// <summary>Sent, and not answered (yet): it may or may not have happened.</summary>
    Unknown,
    Ok,
    Refused,
}

/// <summary>
/// The client's own account of what it asked for: the intent is written before anything is sent, the outcome after the answer. The
/// oracle holds the platform to it. Also a file, line by line, to read after a run that went wrong.
/// </summary>
public sealed class ClientLedger : IDisposable
{
    private readonly ConcurrentDictionary<(Effect Effect, string Key), Outcome> _entries = [];
    private readonly ConcurrentQueue<string> _disagreements = [];
    private readonly StreamWriter _file;
    private readonly Lock _writing = new();
    private long _retries;
    private long _serverErrors;

    public ClientLedger(string path) => _file = new StreamWriter(path) { AutoFlush = true };

    public IReadOnlyDictionary<(Effect Effect, string Key), Outcome> Entries => _entries;

    /// <summary>Two answers to the same key that are not the same.</summary>
    public IReadOnlyCollection<string> Disagreements => _disagreements;

    /// <summary>Attempts that got no answer, or one that says "later".</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Answers with status 500: the platform was surprised.</summary>
    public long ServerErrors => Interlocked.Read(ref _serverErrors);

    public void Intend(Effect effect, string key)
    {
        Write(effect, key, "intent", "");
        if (!_entries.TryAdd((effect, key), Outcome.Unknown)) throw new InvalidOperationException($"The key {key} was used before.");
    }

    public void Ok(Effect effect, string key) => Close(effect, key, Outcome.Ok, "ok", "");

    public void Refuse(Effect effect, string key, string reason) => Close(effect, key, Outcome.Refused, "refused", reason);

    public void NotAnswered(Effect effect, string key, string reason)
    {
        Interlocked.Increment(ref _retries);
        if (reason.StartsWith("500", StringComparison.Ordinal)) Interlocked.Increment(ref _serverErrors);
        Write(effect, key, "unknown", reason);
    }

    public void Disagree(Effect effect, string key, string first, string second)
    {
        Write(effect, key, "disagreement", $"{first} <> {second}");
        _disagreements.Enqueue($"{effect} {key}: {first} <> {second}");
    }

    public void Dispose() => _file.Dispose();

    private void Close(Effect effect, string key, Outcome outcome, string word, string detail)
    {
        Write(effect, key, word, detail);
        _entries[(effect, key)] = outcome;
    }

    private void Write(Effect effect, string key, string word, string detail)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():O}\t{effect}\t{key}\t{word}\t{detail.ReplaceLineEndings(" ")}");
        lock (_writing) _file.WriteLine(line);
    }
}
