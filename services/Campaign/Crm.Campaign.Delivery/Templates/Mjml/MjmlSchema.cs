using System.Text.RegularExpressions;

namespace Crm.Campaign.Delivery.Templates.Mjml;

internal enum MjmlValue { Text, Color, Pixels, Length, Box, Align, VerticalAlign, Link, Image, FontFile, Font, Weight, FontStyle, LineHeight, Border, Decoration, Transform, Name, Names, Direction, Flag, Position, Repeat, Size, Inline }

/// <summary>What an element may be in, have and hold.</summary>
/// <param name="HasContent">HTML or text, up to the closing tag; otherwise elements.</param>
internal sealed record MjmlRules(string[] Parents, bool HasContent, IReadOnlyDictionary<string, MjmlValue> Attributes);

/// <summary>
/// The allow-list: elements, where they may stand, their attributes, and what a value of each may look like. Values go into style attributes, so
/// none may have a character that ends one.
/// </summary>
internal static class MjmlSchema
{
    private const int MaxLength = 2_000;

    private static readonly Dictionary<MjmlValue, (Regex Form, string Name)> Values = new()
    {
        [MjmlValue.Text] = (Of("""[^<>"{}]*(\{\{\s*[@A-Za-z0-9.]+\s*\}\}[^<>"{}]*)*"""), "a text"),
        [MjmlValue.Color] = (Of(@"#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|[a-zA-Z]{3,25}|rgba?\([0-9., %]{5,30}\)"), "a color such as #0a7d4f"),
        [MjmlValue.Pixels] = (Of("[0-9]{1,4}(px)?"), "a length such as 20px"),
        [MjmlValue.Length] = (Of(@"[0-9]{1,4}(px)?|[0-9]{1,3}(\.[0-9]{1,2})?%"), "a length such as 20px or 50%"),
        [MjmlValue.Box] = (Of("[0-9]{1,4}(px)?( +[0-9]{1,4}(px)?){0,3}"), "one to four lengths such as 10px 25px"),
        [MjmlValue.Align] = (Of("left|center|right|justify"), "left, center, right or justify"),
        [MjmlValue.VerticalAlign] = (Of("top|middle|bottom"), "top, middle or bottom"),
        [MjmlValue.Link] = (Of("""(https?://|mailto:|tel:)[^\s<>"{}]+|\{\{(@root\.)?(unsubscribeUrl|whyUrl|link[0-9]+)\}\}"""), "an http, https, mailto or tel address without merge fields"),
        [MjmlValue.Image] = (Of("""https?://[^\s<>"'(){}\\;]+"""), "the http or https address of an image"),
        [MjmlValue.FontFile] = (Of("""https://[^\s<>"'(){}\\;?#]+\.woff2?"""), "the https address of a .woff or .woff2 file; style sheets of others are not loaded"),
        [MjmlValue.Font] = (Of("[A-Za-z0-9 ,'-]+"), "a list of font families"),
        [MjmlValue.Weight] = (Of("normal|bold|[1-9]00"), "normal, bold or 100 to 900"),
        [MjmlValue.FontStyle] = (Of("normal|italic"), "normal or italic"),
        [MjmlValue.LineHeight] = (Of(@"[0-9]{1,3}(\.[0-9]{1,2})?(px|%|em)?"), "a line height such as 1.5 or 24px"),
        [MjmlValue.Border] = (Of(@"none|0|[0-9]{1,2}px (solid|dashed|dotted|double) (#[0-9a-fA-F]{3,6}|[a-zA-Z]{3,25})"), "a border such as 1px solid #cccccc"),
        [MjmlValue.Decoration] = (Of("none|underline|line-through"), "none, underline or line-through"),
        [MjmlValue.Transform] = (Of("none|uppercase|lowercase|capitalize"), "none, uppercase, lowercase or capitalize"),
        [MjmlValue.Name] = (Of("[A-Za-z0-9 -]{1,60}"), "a name of letters, digits, spaces and hyphens"),
        [MjmlValue.Names] = (Of("[A-Za-z0-9_-]{1,60}( +[A-Za-z0-9_-]{1,60}){0,9}"), "one or more names of letters, digits, - and _"),
        [MjmlValue.Direction] = (Of("ltr|rtl"), "ltr or rtl"),
        [MjmlValue.Flag] = (Of("full-width|true|false|horizontal|vertical"), "a value that it understands"),
        [MjmlValue.Position] = (Of("(left|center|right|top|bottom|[0-9]{1,3}%)( (left|center|right|top|bottom|[0-9]{1,3}%))?"), "a position such as center center"),
        [MjmlValue.Repeat] = (Of("repeat|no-repeat|repeat-x|repeat-y"), "repeat, no-repeat, repeat-x or repeat-y"),
        [MjmlValue.Inline] = (Of("inline"), "inline"),
        [MjmlValue.Size] = (Of("cover|contain|auto|[0-9]{1,4}(px|%)"), "cover, contain, auto or a length"),
    };

    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["mj-raw"] = "Raw HTML between the elements is not taken; write <mj-text> or <mj-table>.",
        ["mj-include"] = "A template is one source; nothing is included.",
        ["mj-html-attributes"] = "Attributes of the HTML cannot be set.",
    };

    private static readonly string[] Blocks = ["mj-column", "mj-hero"];
    private static readonly string[] Common = ["css-class:Names", "mj-class:Names"];
    private static readonly string[] Padding = ["padding:Box", "padding-top:Pixels", "padding-right:Pixels", "padding-bottom:Pixels", "padding-left:Pixels"];
    private static readonly string[] Block = [.. Common, .. Padding, "container-background-color:Color"];
    private static readonly string[] Font = ["color:Color", "font-family:Font", "font-size:Pixels", "font-style:FontStyle", "font-weight:Weight", "letter-spacing:Pixels", "line-height:LineHeight", "text-decoration:Decoration", "text-transform:Transform"];
    private static readonly string[] Background = ["background-color:Color", "background-url:Image", "background-position:Position", "background-repeat:Repeat", "background-size:Size"];
    private static readonly string[] Borders = ["border:Border", "border-top:Border", "border-right:Border", "border-bottom:Border", "border-left:Border", "border-radius:Box"];

    private static readonly Dictionary<string, MjmlRules> Elements = new(StringComparer.Ordinal)
    {
        ["mjml"] = Holds([""], "lang:Name"),
        ["mj-head"] = Holds(["mjml"]),
        ["mj-title"] = Content(["mj-head"]),
        ["mj-preview"] = Content(["mj-head"]),
        ["mj-style"] = Content(["mj-head"], "inline:Inline"),
        ["mj-breakpoint"] = Holds(["mj-head"], "width:Pixels"),
        ["mj-font"] = Holds(["mj-head"], "name:Name", "href:FontFile"),
        ["mj-attributes"] = Holds(["mj-head"]),
        ["mj-body"] = Holds(["mjml"], [.. Common, "width:Pixels", "background-color:Color"]),
        ["mj-wrapper"] = Holds(["mj-body"], [.. Common, .. Padding, .. Background, .. Borders, "full-width:Flag", "text-align:Align"]),
        ["mj-section"] = Holds(["mj-body", "mj-wrapper"], [.. Common, .. Padding, .. Background, .. Borders, "full-width:Flag", "text-align:Align", "direction:Direction"]),
        ["mj-hero"] = Holds(["mj-body", "mj-wrapper"], [.. Common, .. Padding, .. Background, "height:Pixels", "vertical-align:VerticalAlign", "border-radius:Box"]),
        ["mj-group"] = Holds(["mj-section"], [.. Common, "width:Length", "vertical-align:VerticalAlign", "background-color:Color", "direction:Direction"]),
        ["mj-column"] = Holds(["mj-section", "mj-group"], [.. Common, .. Padding, .. Borders, "width:Length", "vertical-align:VerticalAlign", "background-color:Color", "inner-background-color:Color"]),
        ["mj-text"] = Content(Blocks, [.. Block, .. Font, "align:Align", "height:Pixels"]),
        ["mj-button"] = Content(Blocks, [.. Block, .. Font, .. Borders, "align:Align", "background-color:Color", "href:Link", "inner-padding:Box", "width:Length", "title:Text"]),
        ["mj-image"] = Holds(Blocks, [.. Block, .. Borders, "align:Align", "alt:Text", "href:Link", "src:Image", "title:Text", "width:Pixels", "height:Pixels", "fluid-on-mobile:Flag"]),
        ["mj-divider"] = Holds(Blocks, [.. Block, "align:Align", "border-color:Color", "border-style:Name", "border-width:Pixels", "width:Length"]),
        ["mj-spacer"] = Holds(Blocks, [.. Block, "height:Pixels"]),
        ["mj-table"] = Content(Blocks, [.. Block, .. Font, "align:Align", "border:Border", "cellpadding:Pixels", "cellspacing:Pixels", "width:Length"]),
        ["mj-social"] = Holds(Blocks, [.. Block, .. Font, "align:Align", "icon-size:Pixels", "inner-padding:Box", "mode:Flag", "border-radius:Box"]),
        ["mj-social-element"] = Content(["mj-social"], [.. Common, .. Font, "alt:Text", "background-color:Color", "border-radius:Box", "href:Link", "icon-size:Pixels", "name:Name", "padding:Box", "src:Image", "title:Text"]),
    };

    // Inside mj-attributes every element of the body may give its defaults, and mj-all those of all.
    private static readonly Dictionary<string, MjmlRules> Defaults = Elements
        .Where(pair => pair.Value.Attributes.ContainsKey("mj-class"))
        .ToDictionary(pair => pair.Key, pair => new MjmlRules(["mj-attributes"], false, pair.Value.Attributes), StringComparer.Ordinal);

    private static readonly Dictionary<string, MjmlValue> AnyAttribute = Elements.Values.Where(rules => rules.Attributes.ContainsKey("mj-class"))
        .SelectMany(rules => rules.Attributes).DistinctBy(pair => pair.Key).ToDictionary(StringComparer.Ordinal);

    public static MjmlRules? Find(string name, string parent)
    {
        if (parent != "mj-attributes") return Elements.GetValueOrDefault(name);
        return name switch
        {
            "mj-all" => new MjmlRules(["mj-attributes"], false, AnyAttribute),
            "mj-class" => new MjmlRules(["mj-attributes"], false, new Dictionary<string, MjmlValue>(AnyAttribute, StringComparer.Ordinal) { ["name"] = MjmlValue.Names }),
            _ => Defaults.GetValueOrDefault(name) ?? Elements.GetValueOrDefault(name),
        };
    }

    public static string WhyNot(string name) => Refused.GetValueOrDefault(name) ?? "There is no such element. There are: " + string.Join(", ", Elements.Keys) + ".";

    /// <summary>What the value ought to be, or null where it is.</summary>
    public static string? WrongValue(MjmlValue kind, string value) => value.Length <= MaxLength && Values[kind].Form.IsMatch(value) ? null : Values[kind].Name;

    public static bool MayBeConditional(string parent) => parent is "mj-body" or "mj-wrapper" or "mj-section" or "mj-column" or "mj-hero" or "mj-social";

    private static MjmlRules Holds(string[] parents, params string[] attributes) => new(parents, false, Read(attributes));

    private static MjmlRules Content(string[] parents, params string[] attributes) => new(parents, true, Read(attributes));

    private static Dictionary<string, MjmlValue> Read(string[] attributes) => attributes.Select(attribute => attribute.Split(':'))
        .ToDictionary(parts => parts[0], parts => Enum.Parse<MjmlValue>(parts[1]), StringComparer.Ordinal);

    private static Regex Of(string form) => new($@"\A(?:{form})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
