using PdfSharp.Drawing;

namespace Crm.Campaign.Sender.Channels.Post;

/// <summary>Breaks text into lines of a width. Widths of words are kept: letters of a run say mostly the same.</summary>
internal sealed class TextLines(XGraphics measure)
{
    private readonly Dictionary<(XFont Font, string Word), double> _widths = [];

    /// <summary>Line breaks in the text stay; a word that is wider than the line is cut.</summary>
    public IReadOnlyList<string> Break(string text, XFont font, double width)
    {
        var lines = new List<string>();
        foreach (var paragraph in text.ReplaceLineEndings("\n").Trim('\n').Split('\n'))
        {
            var line = "";
            foreach (var word in Clean(paragraph).Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(word => Cut(word, font, width)))
            {
                if (line.Length > 0 && WidthOf(line, font) + WidthOf(" ", font) + WidthOf(word, font) > width)
                {
                    lines.Add(line);
                    line = word;
                }
                else
                {
                    line = line.Length == 0 ? word : $"{line} {word}";
                }
            }

            lines.Add(line);
        }

        return lines;
    }

    private IEnumerable<string> Cut(string word, XFont font, double width)
    {
        while (WidthOf(word, font) > width && word.Length > 1)
        {
            var length = word.Length - 1;
            while (length > 1 && measure.MeasureString(word[..length], font).Width > width) length--;
            if (char.IsHighSurrogate(word[length - 1]) && length > 1) length--;
            yield return word[..length];
            word = word[length..];
        }

        yield return word;
    }

    private double WidthOf(string text, XFont font)
    {
        var width = 0.0;
        foreach (var word in text.Split(' '))
        {
            if (!_widths.TryGetValue((font, word), out var known)) known = _widths[(font, word)] = word.Length == 0 ? 0 : measure.MeasureString(word, font).Width;
            width += known;
        }

        return width + (text.Count(character => character == ' ') * Space(font));
    }

    private double Space(XFont font)
    {
        if (!_widths.TryGetValue((font, " "), out var known)) known = _widths[(font, " ")] = measure.MeasureString("x x", font).Width - (2 * measure.MeasureString("x", font).Width);
        return known;
    }

    private static string Clean(string text) => new([.. text.Select(character => char.IsControl(character) ? ' ' : character)]);
}
