namespace Crm.Campaign.Delivery.Templates.Mjml;

/// <summary>An element of the source; what is between the elements may only be a block tag of the template language, whose name is empty.</summary>
/// <param name="Content">Of an element whose content is HTML or text, and of a block tag; elsewhere empty.</param>
/// <param name="Line">In the source, from 1.</param>
internal sealed record MjmlElement(
    string Name, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<MjmlElement> Children, string Content, int Line)
{
    private static readonly Dictionary<string, string> None = [];

    public static MjmlElement BlockTag(string text, int line) => new("", None, [], text, line);

    public bool IsBlockTag => Name.Length == 0;
}

/// <summary>The source is not what the compiler understands. Becomes a refusal that names line and element.</summary>
internal sealed class MjmlException(int line, string? element, string message)
    : Exception(element is null ? $"Line {line}: {message}" : $"Line {line}, <{element}>: {message}");
