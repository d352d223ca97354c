using System.Text.Json;
using System.Text.RegularExpressions;

namespace Crm.Gateway.Requests;

/// <summary>
/// The files that each page of the console needs beside the shell's, as its build wrote them down (<c>preload.json</c>). Named in the header <c>Link</c>
/// (RFC 8288), so that the browser asks for all of them with the document.
/// </summary>
internal sealed class PagePreloads
{
    private readonly (Regex Path, string Link)[] _pages;

    private PagePreloads(IEnumerable<Page> pages) =>
        _pages = [.. pages.Select(page => (new Regex(page.Path, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), page.Link))];

    /// <summary>Of a file that may be missing: the console was not built, or by a version that wrote none.</summary>
    public static PagePreloads Read(string file) =>
        new(File.Exists(file) ? JsonSerializer.Deserialize<Page[]>(File.ReadAllBytes(file), JsonSerializerOptions.Web)! : []);

    /// <summary>The value of <c>Link</c> for the page at a path; null where nothing is known of it. The first page that has the path counts.</summary>
    public string? For(string path) => _pages.FirstOrDefault(page => page.Path.IsMatch(path)).Link is { Length: > 0 } link ? link : null;

    /// <param name="Path">An expression over the whole path.</param>
    private sealed record Page(string Path, string Link);
}
