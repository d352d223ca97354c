using System.Net;

namespace Crm.Gateway.Tests;

/// <summary>A gateway with a console of a few files: what goes with the document and how the files are kept.</summary>
[Collection(GatewayCollection.Name)]
public sealed class ConsoleFilesTests(GatewayHost host) : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("console");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_page_names_the_files_it_needs_and_they_come_compressed_for_good()
    {
        Directory.CreateDirectory(Path.Combine(_root.FullName, "console", "assets"));
        Write("index.html", "<!doctype html><title>CRM</title>");
        Write("preload.json", """[{"path":"^/$","link":""},{"path":"^/customers/new$","link":"</console/assets/new.js>; rel=modulepreload"},{"path":"^/customers/[^/]+$","link":"</console/assets/one.js>; rel=modulepreload"}]""");
        Write("assets/one.js", "plain");
        Write("assets/one.js.br", "packed");
        var signedIn = await host.SignedInAsync();
        var (origin, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), new() { ["Oidc:Authority"] = host.IdpOrigin, ["ASPNETCORE_WEBROOT"] = _root.FullName });
        var browser = new Browser(origin) { ["__Host-crm"] = signedIn["__Host-crm"] };

        Assert.Equal("</console/assets/one.js>; rel=modulepreload", await LinkAsync("/customers/1"));
        Assert.Equal("</console/assets/new.js>; rel=modulepreload", await LinkAsync("/customers/new"));
        Assert.Null(await LinkAsync("/customers/1/more"));
        Assert.Null(await LinkAsync("/"));

        using var packed = await FileAsync("gzip, br");
        Assert.Equal(("packed", "br", "text/javascript"), (await packed.Content.ReadAsStringAsync(), packed.Content.Headers.ContentEncoding.Single(), packed.Content.Headers.ContentType!.MediaType));
        Assert.Equal("public, max-age=31536000, immutable", packed.Headers.CacheControl!.ToString());
        using var plain = await FileAsync("gzip");
        Assert.Equal(("plain", 0), (await plain.Content.ReadAsStringAsync(), plain.Content.Headers.ContentEncoding.Count));

        async Task<string?> LinkAsync(string path)
        {
            using var page = await browser.SendAsync(HttpMethod.Get, path, null, ("Accept", "text/html"));
            Assert.Equal((HttpStatusCode.OK, "<!doctype html><title>CRM</title>"), (page.StatusCode, await page.Content.ReadAsStringAsync()));
            return page.Headers.TryGetValues("Link", out var link) ? link.Single() : null;
        }

        Task<HttpResponseMessage> FileAsync(string encodings) => browser.SendAsync(HttpMethod.Get, "/console/assets/one.js", null, ("Accept-Encoding", encodings));
    }

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_root.FullName, "console", file), content);
}
