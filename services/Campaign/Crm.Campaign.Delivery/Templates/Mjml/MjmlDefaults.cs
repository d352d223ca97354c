using System.Globalization;

namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>Inner distances in pixels.</summary>
internal readonly record struct Box(int Top, int Right, int Bottom, int Left)
{
    public int Sides => Left + Right;

    /// <summary>As CSS counts: all; top and bottom, sides; top, sides, bottom; clockwise.</summary>
    public static Box Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Pixels).ToArray();
        return parts.Length switch
        {
            1 => new Box(parts[0], parts[0], parts[0], parts[0]),
            2 => new Box(parts[0], parts[1], parts[0], parts[1]),
            3 => new Box(parts[0], parts[1], parts[2], parts[1]),
            _ => new Box(parts[0], parts[1], parts[2], parts[3]),
        };
    }

    public static int Pixels(string text) => int.Parse(text.EndsWith("px", StringComparison.Ordinal) ? text[..^2] : text, CultureInfo.InvariantCulture);

    public override string ToString() => string.Join(' ', new[] { Top, Right, Bottom, Left }.Select(side => side == 0 ? "0" : $"{side}px"));
}

/// <summary>
/// What an attribute is: the element's own, else of its classes, else of all elements of its name, else of <c>mj-all</c>, else as it is when
/// nobody says anything.
/// </summary>
internal sealed class MjmlDefaults
{
    private const string Fonts = "Arial, Helvetica, sans-serif";

    private static readonly Dictionary<string, Dictionary<string, string>> BuiltIn = new(StringComparer.Ordinal)
    {
        ["mj-body"] = Of("width=600px"),
        ["mj-wrapper"] = Of("padding=0"),
        ["mj-section"] = Of("padding=20px 0", "direction=ltr", "text-align=center"),
        ["mj-hero"] = Of("padding=40px 0", "vertical-align=middle", "background-color=#ffffff", "background-position=center center", "background-size=cover", "background-repeat=no-repeat"),
        ["mj-group"] = Of("vertical-align=top", "direction=ltr"),
        ["mj-column"] = Of("vertical-align=top"),
        ["mj-text"] = Of("padding=10px 25px", "align=left", "color=#222222", $"font-family={Fonts}", "font-size=15px", "line-height=1.5"),
        ["mj-button"] = Of(
            "padding=10px 25px", "inner-padding=12px 25px", "align=center", "background-color=#1a56b0", "border-radius=4px", "color=#ffffff", $"font-family={Fonts}",
            "font-size=15px", "font-weight=bold", "line-height=1.2", "text-decoration=none"),
        ["mj-image"] = Of("padding=10px 25px", "align=center"),
        ["mj-divider"] = Of("padding=10px 25px", "align=center", "border-color=#cccccc", "border-style=solid", "border-width=1px", "width=100%"),
        ["mj-spacer"] = Of("padding=0", "height=20px"),
        ["mj-table"] = Of("padding=10px 25px", "align=left", "color=#222222", $"font-family={Fonts}", "font-size=15px", "line-height=1.5", "cellpadding=0", "cellspacing=0", "width=100%"),
        ["mj-social"] = Of("padding=10px 25px", "align=center", "icon-size=24px", "mode=horizontal", "color=#222222", $"font-family={Fonts}", "font-size=13px", "line-height=22px", "text-decoration=none"),
        ["mj-social-element"] = Of("padding=4px"),
    };

    private readonly Dictionary<string, string> _all = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _elements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _classes = new(StringComparer.Ordinal);

    public MjmlDefaults(IEnumerable<MjmlElement> declarations)
    {
        foreach (var declaration in declarations)
        {
            var target = declaration.Name switch
            {
                "mj-all" => _all,
                "mj-class" => Place(_classes, declaration.Attributes.GetValueOrDefault("name") ?? throw new MjmlException(declaration.Line, "mj-class", "It needs a name.")),
                var name => Place(_elements, name),
            };
            foreach (var (name, value) in declaration.Attributes) target[name] = value;
        }
    }

    public string? Get(MjmlElement element, string attribute)
    {
        if (element.Attributes.TryGetValue(attribute, out var value)) return value;
        if (element.Attributes.TryGetValue("mj-class", out var classes))
        {
            foreach (var name in classes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!_classes.TryGetValue(name, out var declared)) throw new MjmlException(element.Line, element.Name, $"There is no mj-class '{name}' in mj-attributes.");
                if (declared.TryGetValue(attribute, out value)) return value;
            }
        }

        return _elements.TryGetValue(element.Name, out var ofElement) && ofElement.TryGetValue(attribute, out value) ? value
            : _all.TryGetValue(attribute, out value) ? value
            : BuiltIn.TryGetValue(element.Name, out var builtIn) && builtIn.TryGetValue(attribute, out value) ? value
            : null;
    }

    public int? Pixels(MjmlElement element, string attribute) => Get(element, attribute) is { } value ? Box.Pixels(value) : null;

    public Box Padding(MjmlElement element)
    {
        var box = Get(element, "padding") is { } all ? Box.Parse(all) : default;
        return new Box(
            Pixels(element, "padding-top") ?? box.Top, Pixels(element, "padding-right") ?? box.Right,
            Pixels(element, "padding-bottom") ?? box.Bottom, Pixels(element, "padding-left") ?? box.Left);
    }

    /// <summary>Width of the borders at both sides, in pixels.</summary>
    public int BorderSides(MjmlElement element)
    {
        return Width("border-left") + Width("border-right");

        int Width(string side) => (Get(element, side) ?? Get(element, "border")) is { } border && border.Contains("px ", StringComparison.Ordinal)
            ? Box.Pixels(border[..border.IndexOf(' ', StringComparison.Ordinal)])
            : 0;
    }

    private static Dictionary<string, string> Place(Dictionary<string, Dictionary<string, string>> places, string name) =>
        places.TryGetValue(name, out var found) ? found : places[name] = new Dictionary<string, string>(StringComparer.Ordinal);

    private static Dictionary<string, string> Of(params string[] attributes) => attributes.Select(attribute => attribute.Split('=', 2))
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}
