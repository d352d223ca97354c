using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Crm.Testing;

namespace Crm.Contracts.Tests;

/// <summary><c>docs/events.md</c> is made from the contracts and the consumers; it fails here when it is behind (UPDATE_SNAPSHOTS=1 writes it).</summary>
public sealed partial class EventCatalogueTests
{
    [Fact]
    public void The_catalogue_is_current()
    {
        var path = Repository.PathOf("docs", "events.md");
        var actual = Catalogue();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1") File.WriteAllText(path, actual);
        Assert.Equal(File.ReadAllText(path), actual);
    }

    [Fact]
    public void Every_event_is_kept_by_the_event_log() =>
        // The outbox publishes with "mandatory": an event that no queue takes would wait in the outbox for ever.
        Assert.All(Contracts.Events, type => Assert.Contains("Analytics", Consumers(type)));

    private static string Catalogue()
    {
        var text = new StringBuilder("# Events\n\nMade from the contracts by `tests/Crm.Contracts.Tests`; do not edit.\n\n| Event | Published by | Meaning | Consumed by |\n| --- | --- | --- | --- |\n");
        foreach (var type in Contracts.Events)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{type.FullName}` | {type.Assembly.GetName().Name!.Split('.')[1]} | {Summary(type)} | {string.Join(", ", Consumers(type))} |\n");
        }

        text.Append("\nMembers of each event, with an example: `tests/Crm.Contracts.Tests/Snapshots`.\n");
        return text.ToString();
    }

    private static IEnumerable<string> Consumers(Type type) =>
        from directory in Directory.GetDirectories(Repository.PathOf("services"))
        where Directory.GetFiles(directory, "*.cs", SearchOption.AllDirectories)
            .Any(file => Regex.IsMatch(File.ReadAllText(file), $@"\b(IConsumer|Logs|EventLogConsumer)<{type.Name}>"))
        orderby directory
        select Path.GetFileName(directory);

    private static string Summary(Type type)
    {
        var file = Directory.GetFiles(Repository.PathOf("services"), type.Name + ".cs", SearchOption.AllDirectories).Single(path => path.Contains("Contracts", StringComparison.Ordinal));
        var match = SummaryText().Match(File.ReadAllText(file));
        return Regex.Replace(Regex.Replace(match.Groups[1].Value, @"\s*///\s*", " "), "<[^>]+>", "").Trim();
    }

    [GeneratedRegex("<summary>(.*?)</summary>", RegexOptions.Singleline)]
    private static partial Regex SummaryText();
}
