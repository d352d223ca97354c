using System.Collections.Concurrent;
using System.Globalization;

namespace Crm.ProviderSimulator;

/// <param name="Key">The sender's key of the message; the same key is the same message.</param>
/// <param name="Copies">How often it was taken: above one only where duplicates are not looked for.</param>
/// <param name="Repeats">Requests that were recognised as a message taken before.</param>
public sealed record ReceivedMessage(
    string Id, string Channel, string? Key, DateTimeOffset At, string Body, IReadOnlyDictionary<string, string> Headers, int Copies, int Repeats);

/// <summary>The newest messages, and every key that was seen.</summary>
public sealed class Inbox(TimeProvider time)
{
    private const int Kept = 20_000;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Channel, string Key), ReceivedMessage> _byKey = [];
    private readonly LinkedList<ReceivedMessage> _messages = new();
    private readonly ConcurrentDictionary<string, long> _requests = new();
    private readonly string _run = time.GetUtcNow().ToUnixTimeSeconds().ToString("x", CultureInfo.InvariantCulture);
    private int _number;

    public IReadOnlyList<ReceivedMessage> Messages
    {
        get
        {
            lock (_gate) return [.. _messages];
        }
    }

    /// <summary>Requests by channel, whatever was answered.</summary>
    public long Requests(string channel) => _requests.GetValueOrDefault(channel);

    public void CountRequest(string channel) => _requests.AddOrUpdate(channel, 1, (_, count) => count + 1);

    /// <summary>A message with this key that was taken before; counts that it came again.</summary>
    public ReceivedMessage? Recognise(string channel, string? key)
    {
        lock (_gate)
        {
            return key is not null && _byKey.TryGetValue((channel, key), out var known) ? Replace(known with { Repeats = known.Repeats + 1 }) : null;
        }
    }

    public ReceivedMessage Take(string channel, string? key, string body, IReadOnlyDictionary<string, string> headers)
    {
        lock (_gate)
        {
            if (key is not null && _byKey.TryGetValue((channel, key), out var known)) return Replace(known with { Copies = known.Copies + 1 });
            var message = new ReceivedMessage($"{channel}-{_run}-{++_number:d6}", channel, key, time.GetUtcNow(), body, headers, 1, 0);
            _messages.AddFirst(message);
            if (key is not null) _byKey[(channel, key)] = message;
            if (_messages.Count > Kept)
            {
                if (_messages.Last!.Value.Key is { } oldest) _byKey.Remove((_messages.Last.Value.Channel, oldest));
                _messages.RemoveLast();
            }

            return message;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _messages.Clear();
            _byKey.Clear();
            _requests.Clear();
        }
    }

    private ReceivedMessage Replace(ReceivedMessage message)
    {
        var node = _messages.First;
        while (node is not null && node.Value.Id != message.Id) node = node.Next;
        if (node is not null) node.Value = message;
        _byKey[(message.Channel, message.Key!)] = message;
        return message;
    }
}
