using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>
/// The part of Handlebars that authors may use: <c>{{field}}</c>, <c>{{#if field}} {{else}} {{/if}}</c>, <c>{{#unless field}}</c>,
/// <c>{{link "https://..."}}</c>, <c>{{! comment }}</c>. No raw output, no paths, no helpers beyond these: what is not listed is refused.
/// </summary>
internal static partial class TemplateSyntax
{
    private static readonly HashSet<string> Fields = new(MergeFields.Names, StringComparer.Ordinal);

    /// <summary>The first thing wrong, or null. <paramref name="field"/> names the text in the request (<c>contents.id.html</c>).</summary>
    public static Error? Check(string source, string field, bool linksAllowed)
    {
        var open = new Stack<string>();
        var position = 0;
        while (source.IndexOf("{{", position, StringComparison.Ordinal) is var start and >= 0)
        {
            if (source.AsSpan(start).StartsWith("{{{"))
            {
                return Error.Unprocessable("campaign.unescaped_merge_field", "Merge fields are always escaped: use two braces, not three.", field);
            }

            var end = source.IndexOf("}}", start, StringComparison.Ordinal);
            if (end < 0) return Syntax("A {{ has no }}.", field);
            if (CheckExpression(source[(start + 2)..end].Trim(), open, field, linksAllowed) is { } error) return error;
            position = end + 2;
        }

        return open.Count > 0 ? Syntax($"{{{{#{open.Peek()}}}}} has no {{{{/{open.Peek()}}}}}.", field) : null;
    }

    private static Error? CheckExpression(string expression, Stack<string> open, string field, bool linksAllowed)
    {
        if (expression.StartsWith('!')) return null;
        if (expression == "else") return open.Count > 0 ? null : Syntax("{{else}} stands outside of a block.", field);
        if (Block().Match(expression) is { Success: true } block)
        {
            open.Push(block.Groups[1].Value);
            return CheckName(block.Groups[2].Value, field);
        }

        if (BlockEnd().Match(expression) is { Success: true } blockEnd)
        {
            return open.TryPop(out var opened) && opened == blockEnd.Groups[1].Value ? null : Syntax($"{{{{{expression}}}}} closes nothing.", field);
        }

        if (Link().IsMatch(expression)) return linksAllowed ? null : Syntax("A link cannot stand here.", field);
        return Name().IsMatch(expression) ? CheckName(expression, field) : Syntax($"{{{{{expression}}}}} is not understood.", field);
    }

    private static Error? CheckName(string name, string field) => Fields.Contains(name)
        ? null
        : Error.Unprocessable("campaign.unknown_merge_field", $"There is no merge field '{name}'. There are: {string.Join(", ", MergeFields.Names)}.", field);

    private static Error Syntax(string message, string field) => Error.Unprocessable("campaign.template_syntax", message, field);

    [GeneratedRegex("""^#(if|unless)\s+([A-Za-z][A-Za-z0-9_.]*)$""")]
    private static partial Regex Block();

    [GeneratedRegex("^/(if|unless)$")]
    private static partial Regex BlockEnd();

    [GeneratedRegex("""^link\s+"[^"{}]*"$""")]
    private static partial Regex Link();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_.]*$")]
    private static partial Regex Name();
}
