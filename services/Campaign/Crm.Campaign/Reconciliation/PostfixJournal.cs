using System.Globalization;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Reconciliation;

/// <summary>
/// Postfix's log. A message was taken once its queue id, which <c>cleanup</c> ties to the Message-ID, became active in the queue or had a
/// delivery attempt; a Message-ID alone was only seen: the connection may have broken before the final dot.
/// </summary>
internal sealed partial class PostfixJournal(IOptions<ReconcileOptions> options, TimeProvider time) : IRelayJournal
{
    public async Task<JournalAnswer> FindAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        var reading = new Reading(messageIds.ToHashSet(StringComparer.Ordinal), TimeZoneInfo.FindSystemTimeZoneById(options.Value.PostfixLogZone), time.GetUtcNow());
        foreach (var file in Files(options.Value.PostfixLog!))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
            await using Stream text = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
            using var reader = new StreamReader(text);
            while (await reader.ReadLineAsync(cancellationToken) is { } line) reading.Add(line);
        }

        // A log without a line answers for nothing.
        return new JournalAnswer(reading.Taken, reading.Oldest ?? DateTimeOffset.MaxValue);
    }

    /// <summary>Oldest first; the current one has no suffix. As logrotate names them: .1, .2.gz, ...</summary>
    internal static IReadOnlyList<string> Files(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!File.Exists(path)) throw new FileNotFoundException("The relay's log is not there.", path);
        return
        [
            .. Directory.EnumerateFiles(folder, Path.GetFileName(path) + ".*")
                .Select(file => (File: file, Number: Rotation().Match(file[Path.GetFullPath(path).Length..])))
                .Where(file => file.Number.Success)
                .OrderByDescending(file => int.Parse(file.Number.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
                .Select(file => file.File),
            path,
        ];
    }

    [GeneratedRegex(@"^\.([0-9]{1,4})(\.gz)?$")]
    private static partial Regex Rotation();

    /// <summary>postfix/cleanup[123]: 4F1C2: message-id=&lt;...&gt;, also of an instance with a name of its own (postfix-out/cleanup).</summary>
    [GeneratedRegex(@"^(?<at>\S+(?: +\d+ [\d:]{8})?) \S+ \S*/(?<part>\w+)\[\d+\]: (?<queue>[0-9A-Za-z]+): (?<text>.*)$")]
    private static partial Regex Line();

    private sealed class Reading(HashSet<string> wanted, TimeZoneInfo zone, DateTimeOffset now)
    {
        private readonly Dictionary<string, string> _messageByQueue = new(StringComparer.Ordinal);

        public Dictionary<string, string> Taken { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset? Oldest { get; private set; }

        public void Add(string line)
        {
            if (Oldest is null && At(line) is { } at) Oldest = at;
            if (!line.Contains("message-id=<", StringComparison.Ordinal) && _messageByQueue.Count == 0) return;
            if (Line().Match(line) is not { Success: true } match) return;

            var (part, queue, text) = (match.Groups["part"].Value, match.Groups["queue"].Value, match.Groups["text"].Value);
            if (part == "cleanup" && text.StartsWith("message-id=<", StringComparison.Ordinal) && text.EndsWith('>'))
            {
                // Short queue ids are used again: the latest message of that id is meant.
                var id = text["message-id=<".Length..^1];
                if (wanted.Contains(id)) _messageByQueue[queue] = id; else _messageByQueue.Remove(queue);
            }
            else if (_messageByQueue.TryGetValue(queue, out var message) && (text.EndsWith("(queue active)", StringComparison.Ordinal) || text.Contains(", status=", StringComparison.Ordinal)))
            {
                Taken[message] = $"relay's log: {queue} {(text.IndexOf("status=", StringComparison.Ordinal) is >= 0 and var status ? text[status..] : "queue active")}";
            }
        }

        /// <summary>RFC 3339 as rsyslog writes it, or syslog's month, day and time, of which the year is the latest that is not in the future.</summary>
        private DateTimeOffset? At(string line)
        {
            var end = line.IndexOf(' ', StringComparison.Ordinal);
            if (end > 18 && DateTimeOffset.TryParse(line.AsSpan(0, end), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var exact)) return exact;
            if (line.Length < 15) return null;
            foreach (var year in (int[])[now.Year + 1, now.Year, now.Year - 1])
            {
                var text = $"{year} {line[..15]}";
                if (!DateTime.TryParseExact(text, ["yyyy MMM d HH:mm:ss", "yyyy MMM  d HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) continue;
                if (zone.IsInvalidTime(local)) local = local.AddHours(1);
                var at = new DateTimeOffset(local, zone.GetUtcOffset(local));
                if (at <= now.AddDays(1)) return at;
            }

            return null;
        }
    }
}
