using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Sender.Sending;

/// <summary>Section <c>Send</c>.</summary>
public sealed class SendOptions
{
    public const string Section = "Send";

    /// <summary>Channels that this process serves; empty: all. For senders of one channel that are scaled apart from the others.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>Chunks that one process works on at the same time; per channel; each uses one connection to the relay.</summary>
    [Range(1, 100)]
    public int Slots { get; init; } = 4;

    /// <summary>Recipients claimed at a time, at least: what a crash leaves unknown, a pause lets through, and a consent withdrawn meanwhile cannot stop.</summary>
    [Range(1, 500)]
    public int MicroBatch { get; init; } = 25;

    /// <summary>The same at most, where the provider takes them within a fifth of a second.</summary>
    [Range(1, 500)]
    public int LargestMicroBatch { get; init; } = 100;

    /// <summary>How long what a sender has claimed stays its own after its last sign of life.</summary>
    [Range(2, 600)]
    public int LeaseSeconds { get; init; } = 30;

    /// <summary>After so long a chunk's rest becomes a new message: the broker takes a consumer that is silent for 30 minutes for dead.</summary>
    public TimeSpan ChunkBudget { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Pause after the relay could not be reached.</summary>
    public TimeSpan RelayRetry { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause after the relay put a message off (4xx); doubles with each attempt, up to an hour.</summary>
    public TimeSpan DeferralRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts that a relay may put off before the message counts as failed.</summary>
    [Range(1, 50)]
    public int MaxAttempts { get; init; } = 8;
}
