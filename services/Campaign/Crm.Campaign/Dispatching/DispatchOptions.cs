using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Dispatching;

/// <summary>Section <c>Dispatch</c>.</summary>
public sealed class DispatchOptions
{
    public const string Section = "Dispatch";

    /// <summary>Recipients of one message to the senders.</summary>
    [Range(1, 5_000)]
    public int ChunkSize { get; init; } = 500;

    /// <summary>Customers of the audience that one transaction looks at.</summary>
    [Range(1, 100_000)]
    public int SliceSize { get; init; } = 5_000;

    /// <summary>How often running campaigns are looked after.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A chunk that is open for so long after its message was sent gets another: the message may be lost.</summary>
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromMinutes(10);
}
