using System.Net;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>
/// Reads the source into elements. Outside of the elements that hold HTML it is as strict as XML; inside, the text is taken as it is up to
/// the closing tag, because mail HTML is rarely well formed. What is not in <see cref="MjmlSchema"/> is refused where it stands.
/// </summary>
internal sealed partial class MjmlParser
{
    private const int MaxElements = 2_000;
    private readonly string _source;
    private int _position;
    private int _elements;

    private MjmlParser(string source) => _source = source;

    /// <exception cref="MjmlException">The source is not well formed, or has something that is not allowed.</exception>
    public static MjmlElement Parse(string source)
    {
        var parser = new MjmlParser(source);
        parser.SkipIgnorable();
        if (!parser.At("<")) throw new MjmlException(parser.Line, null, "The source begins with <mjml>.");
        var root = parser.ReadElement("");
        parser.SkipIgnorable();
        return parser._position == source.Length ? root : throw new MjmlException(parser.Line, null, "Nothing may follow </mjml>.");
    }

    private int Line => _source.AsSpan(0, Math.Min(_position, _source.Length)).Count('\n') + 1;

    private MjmlElement ReadElement(string parent)
    {
        var line = Line;
        var open = OpenTag().Match(_source, _position);
        if (!open.Success) throw new MjmlException(line, null, "A tag is not well formed; write < in a text as &lt;.");
        var name = open.Groups[1].Value;
        var rules = MjmlSchema.Find(name, parent) ?? throw new MjmlException(line, name, MjmlSchema.WhyNot(name));
        if (!rules.Parents.Contains(parent))
        {
            throw new MjmlException(line, name, parent.Length == 0 ? "The source begins with <mjml>." : $"It cannot stand in <{parent}>, only in {string.Join(", ", rules.Parents.Select(allowed => $"<{allowed}>"))}.");
        }

        if (++_elements > MaxElements) throw new MjmlException(line, name, $"There are more than {MaxElements} elements.");
        _position += open.Length;
        var attributes = ReadAttributes(name, rules);
        if (At("/>"))
        {
            _position += 2;
            return new MjmlElement(name, attributes, [], "", line);
        }

        if (!At(">")) throw new MjmlException(Line, name, "The tag has no >.");
        _position++;
        return rules.HasContent
            ? new MjmlElement(name, attributes, [], ReadContent(name, line), line)
            : new MjmlElement(name, attributes, ReadChildren(name, line), "", line);
    }

    private Dictionary<string, string> ReadAttributes(string element, MjmlRules rules)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        while (Attribute().Match(_source, _position) is { Success: true } match)
        {
            var (name, value, line) = (match.Groups[1].Value, WebUtility.HtmlDecode(match.Groups[2].Success ? match.Groups[2].Value : match.Groups[3].Value).Trim(), Line);
            if (value.Contains("{{", StringComparison.Ordinal) && !match.Value.Contains("{{", StringComparison.Ordinal)) throw new MjmlException(line, element, "Braces are written as they are, not as character references.");
            if (!rules.Attributes.TryGetValue(name, out var kind)) throw new MjmlException(line, element, $"It has no attribute '{name}'.");
            if (MjmlSchema.WrongValue(kind, value) is { } wrong) throw new MjmlException(line, element, $"{name}=\"{value}\" is not {wrong}.");
            if (!attributes.TryAdd(name, value)) throw new MjmlException(line, element, $"The attribute '{name}' is there twice.");
            _position += match.Length;
        }

        SkipSpaces();
        return attributes;
    }

    private string ReadContent(string name, int line)
    {
        var end = _source.IndexOf($"</{name}>", _position, StringComparison.Ordinal);
        if (end < 0) throw new MjmlException(line, name, $"It has no </{name}>.");
        var content = _source[_position..end];
        CheckContent(name, content, Line);
        _position = end + name.Length + 3;
        return content.Trim();
    }

    private static void CheckContent(string name, string content, int line)
    {
        if (name == "mj-style")
        {
            if (HtmlRules.CssFault(content) is { } css) throw new MjmlException(line, name, css);
        }
        else if (name is "mj-title" or "mj-preview")
        {
            if (content.Contains('<', StringComparison.Ordinal)) throw new MjmlException(line, name, "It holds text without tags.");
        }
        else if (HtmlRules.FirstFault(content) is { } fault)
        {
            throw new MjmlException(line + fault.LineIn(content) - 1, fault.Element, fault.Message);
        }
        else if (HtmlBalance.FirstFault(content) is { } unbalanced)
        {
            throw new MjmlException(line + content.AsSpan(0, unbalanced.Position).Count('\n'), name, unbalanced.Message);
        }
    }

    private List<MjmlElement> ReadChildren(string name, int line)
    {
        var children = new List<MjmlElement>();
        while (true)
        {
            SkipIgnorable();
            if (_position >= _source.Length) throw new MjmlException(line, name, $"It has no </{name}>.");
            if (At("</"))
            {
                if (!At($"</{name}>")) throw new MjmlException(Line, name, $"Opened in line {line}, it has to be closed first.");
                _position += name.Length + 3;
                return children;
            }

            children.Add(At("<") ? ReadElement(name) : At("{{") ? ReadBlockTag(name) : throw new MjmlException(Line, name, "Text belongs into <mj-text>."));
        }
    }

    /// <summary>Conditions may stand around sections, columns and what is in them; a value has to be in a text.</summary>
    private MjmlElement ReadBlockTag(string parent)
    {
        var match = BlockTag().Match(_source, _position);
        if (!match.Success || !MjmlSchema.MayBeConditional(parent)) throw new MjmlException(Line, parent, "Only blocks such as {{#if}} may stand here; a merge field belongs into <mj-text>.");
        var tag = MjmlElement.BlockTag(match.Value, Line);
        _position += match.Length;
        return tag;
    }

    private void SkipIgnorable()
    {
        while (true)
        {
            SkipSpaces();
            if (!At("<!--")) return;
            var end = _source.IndexOf("-->", _position, StringComparison.Ordinal);
            if (end < 0) throw new MjmlException(Line, null, "A comment has no -->.");
            _position = end + 3;
        }
    }

    private void SkipSpaces()
    {
        while (_position < _source.Length && char.IsWhiteSpace(_source[_position])) _position++;
    }

    private bool At(string text) => _source.AsSpan(_position).StartsWith(text);

    [GeneratedRegex(@"\G<([a-z][a-z0-9-]*)(?=[\s/>])")]
    private static partial Regex OpenTag();

    [GeneratedRegex("""\G\s+([a-z][a-z-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\G\{\{\s*(?:[#/][^{}]*|else\s*)\}\}")]
    private static partial Regex BlockTag();
}
