using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Tracking;

/// <summary>The two states of the page, in the recipient's language. No script, no foreign source, nothing personal.</summary>
internal static class UnsubscribePage
{
    private const string Style =
        """
        body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem;color:#1f2933;background:#f1f4f7}
        main{background:#fff;border:1px solid #d8dee4;border-top:4px solid #1864ab;border-radius:.75rem;padding:1.2rem 2rem 1.8rem;box-shadow:0 1px 3px rgb(0 0 0/.06)}h1{font-size:1.4rem;line-height:1.3}
        button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#b42318;color:#fff;cursor:pointer}
        button:focus-visible{outline:3px solid #1570ef}@media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#12181f}main{background:#1c242d;border-color:#323f4b;border-top-color:#4dabf7}}
        """;

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>What the recipient gets on a channel, in Indonesian and English. Unsubscribing ends that channel, and no other.</summary>
    private static readonly Dictionary<string, (string Id, string En)> Messages = new(StringComparer.Ordinal)
    {
        ["email"] = ("e-mail pemasaran", "marketing e-mail"),
        ["sms"] = ("SMS pemasaran", "marketing text messages (SMS)"),
        ["whatsapp"] = ("pesan pemasaran di WhatsApp", "marketing messages on WhatsApp"),
        ["push"] = ("notifikasi pemasaran", "marketing notifications"),
        ["phone"] = ("telepon pemasaran", "marketing calls"),
        ["post"] = ("surat pemasaran lewat pos", "marketing letters by post"),
        ["pos"] = ("pesan pemasaran di kasir", "marketing messages at the till"),
    };

    private static readonly (string Id, string En) Other = ("pesan pemasaran", "marketing messages");

    /// <param name="channel">Of the message that led here.</param>
    public static IResult Ask(HttpContext http, string language, string channel) => language == "id"
        ? Page(http, "id", "Berhenti berlangganan?", $"Anda tidak akan menerima {Messages.GetValueOrDefault(channel, Other).Id} lagi dari kami.", "Ya, berhenti berlangganan")
        : Page(http, "en", "Unsubscribe?", $"You will not get any more {Messages.GetValueOrDefault(channel, Other).En} from us.", "Yes, unsubscribe");

    public static IResult Done(HttpContext http, string language, string channel) => language == "id"
        ? Page(http, "id", "Anda sudah berhenti berlangganan", $"Kami tidak akan mengirim {Messages.GetValueOrDefault(channel, Other).Id} lagi kepada Anda.", null)
        : Page(http, "en", "You are unsubscribed", $"You will not get {Messages.GetValueOrDefault(channel, Other).En} from us any more.", null);

    private static ContentHttpResult Page(HttpContext http, string language, string title, string text, string? button)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
        // The form posts to the address of the page itself; the token is in it already.
        var form = button is null ? "" : $"<form method=\"post\"><button type=\"submit\">{button}</button></form>";
        return TypedResults.Content(
            $"""
            <!doctype html>
            <html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
            <style>{Style}</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>
            """,
            "text/html; charset=utf-8");
    }
}
