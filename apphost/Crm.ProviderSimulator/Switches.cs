using System.Collections.Concurrent;

namespace Crm.ProviderSimulator;

/// <summary>How one channel behaves.</summary>
/// <param name="DelayMilliseconds">Before each answer.</param>
/// <param name="Status">What the next <see cref="StatusCount"/> requests are answered with; their messages are not taken.</param>
/// <param name="StatusCount">-1 for all.</param>
/// <param name="DropCount">Of the next so many messages the connection is closed after the message was taken and before it is answered; -1 for all.</param>
/// <param name="DetectDuplicates">Whether a key that was seen is answered as before, without a second message.</param>
/// <param name="Receipts">none, delivered, failed, or mixed (every fifth fails).</param>
/// <param name="ReceiptCopies">How often each receipt is sent, as providers do that are not sure.</param>
public sealed record ChannelSwitches(
    int DelayMilliseconds = 0, int Status = 0, int StatusCount = 0, int DropCount = 0, bool DetectDuplicates = true, string Receipts = "delivered", int ReceiptCopies = 1)
{
    public static readonly string[] ReceiptKinds = ["none", "delivered", "failed", "mixed"];

    public string? Problem() =>
        DelayMilliseconds is < 0 or > 120_000 ? "delayMilliseconds is from 0 to 120000."
        : StatusCount != 0 && Status is < 300 or > 599 ? "status is from 300 to 599."
        : StatusCount < -1 || DropCount < -1 ? "statusCount and dropCount are a number of requests, or -1 for all."
        : ReceiptCopies is < 1 or > 5 ? "receiptCopies is from 1 to 5."
        : ReceiptKinds.Contains(Receipts) ? null : $"receipts is one of {string.Join(", ", ReceiptKinds)}.";
}

public sealed class Switches
{
    private readonly ConcurrentDictionary<string, ChannelSwitches> _channels = new(Simulator.Channels.ToDictionary(channel => channel, _ => new ChannelSwitches()));

    public ChannelSwitches this[string channel]
    {
        get => _channels[channel];
        set => _channels[channel] = value;
    }

    public IReadOnlyDictionary<string, ChannelSwitches> All => _channels;

    /// <summary>The status to answer this request with, one of its number being used up; null to take the message.</summary>
    public int? TakeStatus(string channel) =>
        Take(channel, now => now.StatusCount, now => now with { StatusCount = now.StatusCount - 1 }) ? _channels[channel].Status : null;

    public bool TakeDrop(string channel) => Take(channel, now => now.DropCount, now => now with { DropCount = now.DropCount - 1 });

    private bool Take(string channel, Func<ChannelSwitches, int> count, Func<ChannelSwitches, ChannelSwitches> less)
    {
        while (true)
        {
            var now = _channels[channel];
            if (count(now) == 0) return false;
            if (count(now) < 0 || _channels.TryUpdate(channel, less(now), now)) return true;
        }
    }
}
