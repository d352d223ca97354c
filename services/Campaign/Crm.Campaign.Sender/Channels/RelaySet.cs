using Crm.Campaign.Sender.Smtp;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Channels;

/// <summary>A relay and how it has done lately.</summary>
internal sealed class Relay(string name, int order, int weight, SmtpConnectionPool pool, RelayOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _failures;
    private long _openedAt;

    public string Name => name;
    public int Order => order;
    public int Weight => weight;
    public SmtpConnectionPool Pool => pool;

    /// <summary>
    /// Whether it may be given work now. One that failed too often in a row is left alone; after its cool-down each period lets one micro-batch
    /// try, which decides.
    /// </summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_failures < options.FailuresToOpen) return true;
            if (time.GetElapsedTime(_openedAt) < options.CoolDown) return false;
            _openedAt = time.GetTimestamp();
            return true;
        }
    }

    public void Answered()
    {
        lock (_gate) _failures = 0;
    }

    /// <summary>True: with this failure it is given up.</summary>
    public bool Failed()
    {
        lock (_gate)
        {
            _openedAt = time.GetTimestamp();
            return ++_failures == options.FailuresToOpen;
        }
    }
}

/// <summary>The relays that e-mail can go through: by order, and by weight within an order.</summary>
internal sealed class RelaySet : IAsyncDisposable
{
    public const string PrimaryName = "smtp";

    private readonly Relay[] _relays;
    private readonly List<SmtpConnectionPool> _own = [];

    public RelaySet(SmtpConnectionPool primary, IOptions<RelayOptions> options, TimeProvider time)
    {
        var relays = new List<Relay> { new(PrimaryName, 0, options.Value.PrimaryWeight, primary, options.Value, time) };
        foreach (var (name, further) in options.Value.Further)
        {
            var pool = new SmtpConnectionPool(further.Smtp, time);
            _own.Add(pool);
            relays.Add(new Relay(name, further.Order, further.Weight, pool, options.Value, time));
        }

        _relays = [.. relays];
    }

    /// <summary>All, in the order in which a micro-batch tries them: among equals a heavier one is likelier to come first.</summary>
    public IReadOnlyList<Relay> InOrder() => _relays.Length == 1
        ? _relays
        // Efraimidis and Spirakis 2006: the largest of u^(1/w) is a draw by weight; so is the rest without it.
        : [.. _relays.OrderBy(relay => relay.Order).ThenByDescending(relay => Math.Pow(Random.Shared.NextDouble(), 1.0 / relay.Weight))];

    /// <summary>Leaving a relay alone helps only where there is another.</summary>
    public bool MayTry(Relay relay) => _relays.Length == 1 || relay.TryEnter();

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _own) await pool.DisposeAsync();
    }
}
