using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Sending;

/// <summary>
/// How many recipients of a channel are claimed at a time: as many as its provider takes in a fifth of a second. A slow relay gets few, since
/// that many a pause lets through and a crash leaves unknown; a fast one more, since each claim is two transactions. Doubles at most from one to
/// the next, within the bounds of the options.
/// </summary>
internal sealed class MicroBatchSize(IOptions<SendOptions> options)
{
    private static readonly TimeSpan Target = TimeSpan.FromMilliseconds(200);
    private readonly int _least = options.Value.MicroBatch;
    private readonly int _largest = Math.Max(options.Value.MicroBatch, options.Value.LargestMicroBatch);
    private readonly ConcurrentDictionary<string, int> _sizes = new(StringComparer.Ordinal);

    public int Of(string channel) => _sizes.GetValueOrDefault(channel, _least);

    /// <summary>How long the provider had with so many. The few at the end of a chunk say little and are left out.</summary>
    public void Took(string channel, int count, TimeSpan elapsed)
    {
        if (count < _least) return;
        var fits = elapsed > TimeSpan.Zero ? count * (Target / elapsed) : _largest;
        _sizes[channel] = (int)Math.Clamp(Math.Min(fits, 2.0 * Of(channel)), _least, _largest);
    }
}
