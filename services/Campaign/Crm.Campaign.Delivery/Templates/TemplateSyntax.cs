using System.Text;
using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>
/// The language that authors may use, and its translation into plain Handlebars: <c>{{field}}</c>, <c>{{field "fall-back"}}</c>,
/// <c>{{#if field}} {{else}} {{/if}}</c>, <c>{{#unless field}}</c>, <c>{{#segment "id"}}</c>, <c>{{#products 3}} {{name}} {{/products}}</c>,
/// <c>{{coupon "pool"}}</c>,
/// <c>{{custom.name}}</c>, <c>{{preference.name}}</c>, <c>{{link "https://..."}}</c>, <c>{{! comment }}</c>. No raw output, no paths, no helpers beyond these: what is not
/// listed is refused.
/// </summary>
internal sealed partial class TemplateSyntax
{
    public const int MaxProducts = 12;
    private const int MaxDepth = 10;
    private static readonly HashSet<string> Fields = new(MergeFields.Names, StringComparer.Ordinal);
    private static readonly HashSet<string> ProductFields = new(StringComparer.Ordinal) { "sku", "name", "category" };
    private readonly Stack<string> _open = new();
    private readonly TemplateNumbers _numbers;
    private readonly string _field;
    private readonly bool _oneLine;

    private TemplateSyntax(TemplateNumbers numbers, string field, bool oneLine) => (_numbers, _field, _oneLine) = (numbers, field, oneLine);

    /// <param name="field">Names the text in the request (<c>contents.id.html</c>).</param>
    /// <param name="oneLine">A subject: no links and no products in it.</param>
    public static Result<string> Translate(string source, string field, TemplateNumbers numbers, bool oneLine = false) =>
        new TemplateSyntax(numbers, field, oneLine).Translate(source);

    private Result<string> Translate(string source)
    {
        var text = new StringBuilder(source.Length);
        var position = 0;
        while (source.IndexOf("{{", position, StringComparison.Ordinal) is var start and >= 0)
        {
            if (source.AsSpan(start).StartsWith("{{{"))
            {
                return Error.Unprocessable("campaign.unescaped_merge_field", "Merge fields are always escaped: use two braces, not three.", _field);
            }

            var end = source.IndexOf("}}", start, StringComparison.Ordinal);
            if (end < 0) return Syntax("A {{ has no }}.");
            if (!Expression(source[(start + 2)..end].Trim()).TryGet(out var expression, out var error)) return error;
            text.Append(source, position, start - position);
            // Handlebars would take it for an escape and the expression for text.
            if (expression.Length > 0 && text.Length > 0 && text[^1] == '\\') return Syntax("A backslash stands directly before a {{; put a space between.");
            text.Append(expression);
            text.Append('\n', source.AsSpan(start, end - start).Count('\n')); // lines keep their numbers for whoever reads on
            position = end + 2;
        }

        if (_open.Count > 0) return Syntax($"{{{{#{_open.Peek()}}}}} has no {{{{/{_open.Peek()}}}}}.");
        return text.Append(source, position, source.Length - position).ToString();
    }

    private Result<string> Expression(string expression)
    {
        if (expression.StartsWith('!')) return "";
        if (expression == "else") return _open.Count > 0 && _open.Peek() != "products" ? "{{else}}" : Syntax("{{else}} stands outside of a condition.");
        if (Block().Match(expression) is { Success: true } block) return Open(block.Groups[1].Value, block.Groups[2].Value);
        if (BlockEnd().Match(expression) is { Success: true } end)
        {
            var name = end.Groups[1].Value;
            if (!_open.TryPop(out var opened) || opened != name) return Syntax($"{{{{{expression}}}}} closes nothing.");
            return name switch { "segment" => "{{/if}}", "products" => "{{/each}}", _ => $"{{{{/{name}}}}}" };
        }

        if (Call().Match(expression) is { Success: true } call) return Call(call.Groups[1].Value, call.Groups[2].Value);
        return Name().IsMatch(expression) ? Field(expression) : Syntax($"{{{{{expression}}}}} is not understood.");
    }

    private Result<string> Open(string kind, string argument)
    {
        if (_open.Count >= MaxDepth) return Syntax($"Blocks are nested at most {MaxDepth} deep.");
        Result<string> opened = kind switch
        {
            "if" or "unless" when Name().IsMatch(argument) => Field(argument) is var field && field.IsSuccess ? $"{{{{#{kind} {field.Value[2..^2]}}}}}" : field,
            "segment" when Quoted().Match(argument) is { Success: true } id => Guid.TryParse(id.Groups[1].Value, out var segment)
                ? $"{{{{#if {Root}segment{_numbers.Segment(segment)}}}}}"
                : Error.Unprocessable("campaign.unknown_segment", $"'{id.Groups[1].Value}' is not the id of a segment.", _field),
            "products" when int.TryParse(argument, out var count) => OpenProducts(count),
            _ => Syntax($"{{{{#{kind} {argument}}}}} is not understood."),
        };
        _open.Push(kind);
        return opened;
    }

    private Result<string> OpenProducts(int count)
    {
        if (_oneLine || _open.Contains("products")) return Syntax("{{#products}} cannot stand here.");
        if (count is < 1 or > MaxProducts) return Syntax($"{{{{#products}}}} lists 1 to {MaxProducts} products.");
        _numbers.Products = Math.Max(_numbers.Products, count);
        return $"{{{{#each products{count}}}}}";
    }

    private Result<string> Call(string name, string argument)
    {
        switch (name)
        {
            case "link" when _oneLine:
                return Syntax("A link cannot stand here.");
            case "link":
                return _numbers.TryLink(argument, out var link) ? $"{{{{{Root}link{link}}}}}" : TemplateNumbers.InvalidLink(argument, _field);
            case "coupon":
                return PoolName().IsMatch(argument) ? $"{{{{{Root}coupon{_numbers.Coupon(argument)}}}}}" : Syntax($"'{argument}' is not the name of a pool of coupons.");
            default:
                return !MergeFields.IsOwn(name) && Field(name) is var field && !field.IsSuccess ? field
                    : Products && ProductFields.Contains(name) ? Syntax("Values of a product have no fall-back.")
                    : argument.Length > 200 || argument.Any(char.IsControl) ? Syntax("A fall-back is one line of up to 200 characters.")
                    : $"{{{{{Root}or{_numbers.Fallback(new Fallback(name, argument))}}}}}";
        }
    }

    private Result<string> Field(string name) =>
        Products && ProductFields.Contains(name) ? $"{{{{this.{name}}}}}"
        : MergeFields.IsOwn(name) ? $"{{{{{Root}or{_numbers.Fallback(new Fallback(name, ""))}}}}}"
        : Fields.Contains(name) ? $"{{{{{Root}{name}}}}}"
        : Error.Unprocessable(
            "campaign.unknown_merge_field",
            $"There is no merge field '{name}'. There are: {string.Join(", ", Products ? MergeFields.Names.Concat(ProductFields) : MergeFields.Names)}.",
            _field);

    private bool Products => _open.Contains("products");

    /// <summary>In a list of products a name means the product's; the recipient's are above.</summary>
    private string Root => Products ? "@root." : "";

    private Error Syntax(string message) => Error.Unprocessable("campaign.template_syntax", message, _field);

    [GeneratedRegex("""^#\s*([a-z]+)\s+(\S+)$""")]
    private static partial Regex Block();

    [GeneratedRegex("^/(if|unless|segment|products)$")]
    private static partial Regex BlockEnd();

    [GeneratedRegex("""^([A-Za-z][A-Za-z0-9_.-]*)\s+"([^"{}]*)"$""")]
    private static partial Regex Call();

    [GeneratedRegex("""^"([^"{}]*)"$""")]
    private static partial Regex Quoted();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.-]*$")]
    private static partial Regex Name();

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,59}$")]
    private static partial Regex PoolName();
}
