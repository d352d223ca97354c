using System.Globalization;

namespace Crm.Seed;

/// <summary>What became of one part of the population.</summary>
/// <param name="Added">Records that were made or changed by this run.</param>
internal sealed record PartReport(string What, long Total, long Added, string Details);

/// <summary>What the run did, as it is printed at the end.</summary>
internal sealed class SeedReport
{
    private readonly List<PartReport> _parts = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _notes = [];

    public bool IsComplete => _problems.Count == 0;

    public bool ChangedSomething => _parts.Any(part => part.Added > 0);

    public TimeSpan Took { get; set; }

    public void Add(PartReport part) => _parts.Add(part);

    public void Note(string text) => _notes.Add(text);

    public void Problem(string text) => _problems.Add(text);

    public void WriteTo(TextWriter output)
    {
        output.WriteLine();
        foreach (var part in _parts) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Total,10:N0} {part.What}: {part.Details}"));
        foreach (var note in _notes) output.WriteLine(note);
        foreach (var problem in _problems) output.WriteLine($"Problem: {problem}");
        if (IsComplete && !ChangedSomething) output.WriteLine("Nothing changed: all of it was there already.");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(IsComplete ? "Done" : "Not complete")} after {Took.TotalSeconds:F1} s."));
    }
}
