using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Customer.Features.Consents;

/// <summary>The frame of the pages that customers see: no script, no foreign source, readable without style, with the keyboard and aloud.</summary>
internal static class PublicPage
{
    private const string Style =
        """
        body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:8vh auto;padding:0 1rem;color:#1f2933;background:#f1f4f7}
        main{background:#fff;border:1px solid #d8dee4;border-top:4px solid #1864ab;border-radius:.75rem;padding:1.2rem 2rem 1.8rem;box-shadow:0 1px 3px rgb(0 0 0/.06)}h1{font-size:1.4rem;line-height:1.3}
        fieldset{border:1px solid #9aa5b1;border-radius:.4rem;margin:0 0 1rem;padding:.8rem 1rem}legend{font-weight:600;padding:0 .4rem}
        label{display:block;padding:.3rem 0}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#0b5394;color:#fff;cursor:pointer}
        button:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid #b54708;outline-offset:2px}[role=status]{border-left:4px solid #0b5394;padding:.2rem .8rem}
        @media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#12181f}main{background:#1c242d;border-color:#323f4b;border-top-color:#4dabf7}a{color:#9cc9f5}}
        """;

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <param name="body">HTML; whoever makes it encodes what is not constant.</param>
    public static ContentHttpResult Of(HttpContext http, string language, string title, string body, int status = 200)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
        title = WebUtility.HtmlEncode(title);
        return TypedResults.Content(
            $"""
            <!doctype html>
            <html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
            <style>{Style}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
            """,
            "text/html; charset=utf-8", statusCode: status);
    }
}
