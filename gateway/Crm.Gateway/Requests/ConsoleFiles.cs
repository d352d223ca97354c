using Microsoft.AspNetCore.StaticFiles;

namespace Crm.Gateway.Requests;

/// <summary>
/// The web console: files that Vite built (<c>gateway/console</c>). Its pages are routes of the browser, so every path that a person
/// opens and that nothing else serves gets the same document; names of scripts and styles hold a hash of their content.
/// </summary>
internal static class ConsoleFiles
{
    private const string Folder = "console";
    private const string NotBuilt = "console-not-built.html";
    private static readonly FileExtensionContentTypeProvider Types = new();

    /// <summary>Static files; the console's also in the compressed form that its build left beside them.</summary>
    public static void UseConsoleFiles(this WebApplication app)
    {
        app.Use((http, next) =>
        {
            var path = http.Request.Path;
            if (path.StartsWithSegments("/console/assets") && path.Value is { } file && http.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal)
                && app.Environment.WebRootFileProvider.GetFileInfo(file + ".br").Exists)
            {
                http.Request.Path = file + ".br";
            }

            return next(http);
        });
        app.UseStaticFiles(new StaticFileOptions { ContentTypeProvider = new Compressed(), OnPrepareResponse = Prepare });
    }

    /// <summary>Whether somebody opens a page, as opposed to a program asking for something that is not there.</summary>
    public static bool IsPage(HttpContext http) =>
        HttpMethods.IsGet(http.Request.Method) && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
        && !Path.HasExtension(http.Request.Path) && !http.Request.Path.StartsWithSegments("/api");

    /// <summary>What the build wrote down about its pages.</summary>
    public static PagePreloads Preloads(IWebHostEnvironment environment) => PagePreloads.Read(Path.Combine(environment.WebRootPath, Folder, "preload.json"));

    public static IResult Document(IWebHostEnvironment environment, PagePreloads preloads, HttpContext http)
    {
        var file = Path.Combine(environment.WebRootPath, Folder, "index.html");
        http.Response.Headers.CacheControl = "no-cache"; // it names the scripts of the version that is installed
        if (preloads.For(http.Request.Path.Value!) is { } link) http.Response.Headers.Link = link;
        return TypedResults.PhysicalFile(File.Exists(file) ? file : Path.Combine(environment.WebRootPath, NotBuilt), "text/html; charset=utf-8");
    }

    private static void Prepare(StaticFileResponseContext file)
    {
        var (http, path) = (file.Context, file.Context.Request.Path);
        if (!path.StartsWithSegments("/console/assets")) return;
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        http.Response.Headers.Vary = "Accept-Encoding";
        if (path.Value!.EndsWith(".br", StringComparison.Ordinal)) http.Response.Headers.ContentEncoding = "br";
    }

    /// <summary>A compressed file has the type of what is in it.</summary>
    private sealed class Compressed : IContentTypeProvider
    {
        public bool TryGetContentType(string subpath, out string contentType) =>
            Types.TryGetContentType(subpath.EndsWith(".br", StringComparison.Ordinal) ? subpath[..^3] : subpath, out contentType!);
    }
}
