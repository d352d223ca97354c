using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.DevIdp;

/// <summary>The sign-in page: one document without any other resource, in the first of Indonesian and English that the browser asks for.</summary>
internal static class LoginPage
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6875;--line:#d5dbe1;--card:#fff;--page:#f2f5f8;--act:#0b5cad;--bad:#b3261e}
        @media (prefers-color-scheme:dark){:root{--ink:#e7ecf1;--soft:#a2aebb;--line:#3a4652;--card:#1b232c;--page:#11171d;--act:#5aa9ff;--bad:#ff8a80}}
        *{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{width:100%;max-width:380px;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:32px}
        h1{font-size:22px;margin:0 0 4px}p{margin:0 0 20px;color:var(--soft)}label{display:block;font-weight:600;margin:0 0 14px}
        input{display:block;width:100%;margin-top:4px;padding:10px 12px;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px}
        input:focus-visible,button:focus-visible{outline:3px solid var(--act);outline-offset:1px}
        button{width:100%;padding:11px;font:inherit;font-weight:600;color:#fff;background:#0b5cad;border:0;border-radius:8px;cursor:pointer}
        [role=alert]{color:var(--bad);font-weight:600}small{display:block;margin-top:20px;color:var(--soft)}
        """;

    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    public static IResult Show(HttpContext http, string redirectUri, PasswordOutcome? failure = null, string userName = "")
    {
        var (language, text) = TextsFor(http);
        var error = failure switch
        {
            PasswordOutcome.Wrong => $"<p role=\"alert\">{text.Wrong}</p>",
            PasswordOutcome.Locked => $"<p role=\"alert\">{text.Locked}</p>",
            _ => "",
        };
        var action = HtmlEncoder.Default.Encode("/authorize" + http.Request.QueryString);
        var name = HtmlEncoder.Default.Encode(userName);
        var status = failure switch { null => 200, PasswordOutcome.Locked => 429, _ => 401 };
        // Browsers apply form-action to the redirect after the form as well.
        return Page(http, language, text.Title, new Uri(redirectUri).GetLeftPart(UriPartial.Authority), status, $"""
            <h1>{text.Title}</h1><p>{text.Intro}</p>{error}
            <form method="post" action="{action}">
            <label>{text.UserName}<input name="userName" value="{name}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus></label>
            <label>{text.Password}<input name="password" type="password" autocomplete="current-password" required></label>
            <button type="submit">{text.Submit}</button></form><small>{text.Note}</small>
            """);
    }

    public static IResult SignedOut(HttpContext http)
    {
        var (language, text) = TextsFor(http);
        return Page(http, language, text.SignedOut, "", 200, $"<h1>{text.SignedOut}</h1>");
    }

    private static ContentHttpResult Page(HttpContext http, string language, string title, string formTarget, int status, string body)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'sha256-{StyleHash}'; form-action 'self' {formTarget}; frame-ancestors 'none'; base-uri 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Content(
            $"<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title} · CRM</title><style>{Style}</style><main>{body}</main></html>",
            "text/html; charset=utf-8", Encoding.UTF8, status);
    }

    private static (string Language, Texts Texts) TextsFor(HttpContext http)
    {
        foreach (var language in http.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(language => language.Quality ?? 1))
        {
            if (language.Value.StartsWith("id", StringComparison.OrdinalIgnoreCase)) return ("id", Texts.Indonesian);
            if (language.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase)) break;
        }

        return ("en", Texts.English);
    }

    private sealed record Texts(
        string Title, string Intro, string UserName, string Password, string Submit, string Wrong, string Locked, string Note, string SignedOut)
    {
        public static readonly Texts English = new(
            "Sign in", "to the CRM platform", "User name", "Password", "Sign in",
            "The user name or the password is not right.", "Too many attempts. Try again in 15 minutes.",
            "Development sign-in. <code>./crm status</code> shows where the passwords are.", "You are signed out.");

        public static readonly Texts Indonesian = new(
            "Masuk", "ke platform CRM", "Nama pengguna", "Kata sandi", "Masuk",
            "Nama pengguna atau kata sandi salah.", "Terlalu banyak percobaan. Coba lagi dalam 15 menit.",
            "Masuk untuk pengembangan. <code>./crm status</code> menunjukkan letak kata sandi.", "Anda sudah keluar.");
    }
}
