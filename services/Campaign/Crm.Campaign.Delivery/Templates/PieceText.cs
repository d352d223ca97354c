using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>A text of literal pieces with a value between each two.</summary>
internal sealed partial class PieceText
{
    private readonly string[] _literals;
    private readonly byte[][] _octets;
    private readonly string[] _names;

    private PieceText(string[] literals, string[] names) => (_literals, _octets, _names) = (literals, [.. literals.Select(Encoding.UTF8.GetBytes)], names);

    /// <summary>Null where the text has more than <c>{{name}}</c>.</summary>
    public static PieceText? TryParse(string source)
    {
        var (literals, names, position) = (new List<string>(), new List<string>(), 0);
        while (source.IndexOf("{{", position, StringComparison.Ordinal) is var start and >= 0)
        {
            // A brace more, or a backslash before them, means something else to Handlebars.
            var field = Field().Match(source, start);
            if (!field.Success || (start > 0 && source[start - 1] == '\\') || source.AsSpan(start + field.Length).StartsWith("}")) return null;
            literals.Add(source[position..start]);
            names.Add(field.Groups[1].Value);
            position = start + field.Length;
        }

        literals.Add(source[position..]);
        return new PieceText([.. literals], [.. names]);
    }

    public string Render(MergeValues values, Func<string, string>? encode)
    {
        if (_names.Length == 0) return _literals[0];
        var pieces = new string[_literals.Length + _names.Length];
        for (var i = 0; i < _names.Length; i++)
        {
            var value = values.Text(_names[i]);
            (pieces[2 * i], pieces[(2 * i) + 1]) = (_literals[i], encode is null ? value : encode(value));
        }

        pieces[^1] = _literals[^1];
        return string.Concat(pieces);
    }

    /// <summary>The same as UTF-8. A message of thousands of characters is never a string of its own.</summary>
    public void Write(MergeValues values, Func<string, string>? encode, IBufferWriter<byte> output)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            output.Write(_octets[i]);
            var value = values.Text(_names[i]);
            Encoding.UTF8.GetBytes(encode is null ? value : encode(value), output);
        }

        output.Write(_octets[^1]);
    }

    [GeneratedRegex(@"\G\{\{([A-Za-z][A-Za-z0-9]*)\}\}")]
    private static partial Regex Field();
}
