using System.Globalization;
using System.Net;
using System.Text;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Consents;

/// <summary>
/// What a customer agreed to, shown to and changed by the customer, in Indonesian or English, without signing in: the signed link is the key. GET shows and does
/// nothing, because scanners open every link; POST records each choice that differs as a decision in the ledger.
/// </summary>
internal static class PreferenceCentre
{
    /// <summary>Version of the texts below: what a decision made here was made about.</summary>
    private const string Notice = "preference-centre-1";

    private static readonly string[] Purposes = [ConsentDecision.Marketing, "profiling"];

    private static readonly Dictionary<string, string> Indonesian = new()
    {
        ["title"] = "Preferensi Anda", ["intro"] = "Pilih bagaimana kami boleh menghubungi Anda. Perubahan berlaku segera.", ["save"] = "Simpan", ["none"] = "Hentikan semua",
        ["saved"] = "Pilihan Anda sudah disimpan.", ["stale"] = "Pilihan ini sudah diubah di tempat lain. Periksa kembali, lalu simpan.", ["other"] = "English",
        ["marketing"] = "Penawaran dan berita", ["profiling"] = "Saran yang disesuaikan dari data pembelian", ["email"] = "E-mail", ["sms"] = "SMS", ["whatsapp"] = "WhatsApp",
        ["phone"] = "Telepon", ["post"] = "Pos", ["push"] = "Notifikasi", ["webhook"] = "Aplikasi mitra",
    };

    private static readonly Dictionary<string, string> English = new()
    {
        ["title"] = "Your preferences", ["intro"] = "Choose how we may contact you. Changes take effect at once.", ["save"] = "Save", ["none"] = "Stop everything",
        ["saved"] = "Your choices are saved.", ["stale"] = "These choices were changed elsewhere. Check them, then save again.", ["other"] = "Bahasa Indonesia",
        ["marketing"] = "Offers and news", ["profiling"] = "Suggestions made from what you bought", ["email"] = "E-mail", ["sms"] = "SMS", ["whatsapp"] = "WhatsApp",
        ["phone"] = "Phone", ["post"] = "Post", ["push"] = "Notifications", ["webhook"] = "Partner apps",
    };

    /// <summary>A channel or purpose as customers read it; one that the pages have no word for stands for itself.</summary>
    public static string Word(string language, string name) => (language == "id" ? Indonesian : English).GetValueOrDefault(name, name);

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/p/preferences/{token}", ShowAsync);
        pages.MapPost("/p/preferences/{token}", ChangeAsync).DisableAntiforgery();
    }

    private static async Task<IResult> ShowAsync(string token, HttpContext http, PrivacyKeys keys, CustomerStore store, CancellationToken cancellationToken) =>
        await FindAsync(token, keys, store, cancellationToken) is { } customer ? Page(http, customer, null) : PrivacyErrors.LinkNotFound.ToProblem();

    private static async Task<IResult> ChangeAsync(
        string token, HttpContext http, PrivacyKeys keys, CustomerStore store, ConsentLedger ledger, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (keys.Read(LinkPurpose.Preferences, token) is not { } named) return PrivacyErrors.LinkNotFound.ToProblem();
        if (!http.Request.HasFormContentType) return Error.Invalid("request.malformed", "Send a form.").ToProblem();

        // Of two tabs that save at once the second one is shown what the first one did.
        await unitOfWork.ExecuteAsync("SELECT FROM customers WHERE id = current_customer(@named) FOR UPDATE", new { named }, cancellationToken);
        if (await FindAsync(token, keys, store, cancellationToken) is not { } customer) return PrivacyErrors.LinkNotFound.ToProblem();
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (form["seen"] != Seen(customer)) return Page(http, customer, "stale", 409);

        var everything = form.ContainsKey("none");
        foreach (var (channel, purpose, granted) in Choices(customer))
        {
            var wanted = !everything && form.ContainsKey($"{purpose}.{channel}");
            if (wanted == granted) continue;
            await ledger.RecordAsync(
                new ConsentDecision
                {
                    Id = ids.Next(), CustomerId = customer.Id, Channel = channel, Purpose = purpose, Granted = wanted,
                    NoticeVersion = Notice, CaptureSource = ConsentDecision.PreferenceCentre, EffectiveAt = time.GetUtcNow(),
                },
                cancellationToken);
        }

        return Page(http, (await store.FindAsync(customer.Id, cancellationToken))!, "saved");
    }

    private static async Task<CustomerRow?> FindAsync(string token, PrivacyKeys keys, CustomerStore store, CancellationToken cancellationToken) =>
        keys.Read(LinkPurpose.Preferences, token) is { } id ? await store.FindAsync(id, cancellationToken) : null;

    private static IEnumerable<(string Channel, string Purpose, bool Granted)> Choices(CustomerRow customer)
    {
        IReadOnlyList<ConsentState> inForce = customer.CurrentConsents;
        return from purpose in Purposes
               from channel in purpose == ConsentDecision.Marketing ? ConsentDecision.Channels : ["email"]
               select (channel, purpose, inForce.Any(state => state.Channel == channel && state.Purpose == purpose && state.Granted));
    }

    /// <summary>The state that the page showed, for the form to send back.</summary>
    private static string Seen(CustomerRow customer) => customer.CurrentConsents.Count == 0
        ? "none"
        : customer.CurrentConsents.Max(state => state.EffectiveAt).UtcTicks.ToString(CultureInfo.InvariantCulture) + "." + customer.CurrentConsents.Count(state => state.Granted).ToString(CultureInfo.InvariantCulture);

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult Page(HttpContext http, CustomerRow customer, string? message, int status = 200)
    {
        var language = http.Request.Query["lang"].ToString() is "id" or "en" ? http.Request.Query["lang"].ToString() : customer.Language;
        var (texts, other) = language == "id" ? (Indonesian, "en") : (English, "id");
        var body = new StringBuilder();
        if (message is not null) body.Append(CultureInfo.InvariantCulture, $"<p role=\"status\">{texts[message]}</p>");
        body.Append(CultureInfo.InvariantCulture, $"<p>{texts["intro"]}</p><form method=\"post\"><input type=\"hidden\" name=\"seen\" value=\"{WebUtility.HtmlEncode(Seen(customer))}\">");
        foreach (var purpose in Choices(customer).GroupBy(choice => choice.Purpose))
        {
            body.Append(CultureInfo.InvariantCulture, $"<fieldset><legend>{texts[purpose.Key]}</legend>");
            foreach (var (channel, _, granted) in purpose)
            {
                body.Append(CultureInfo.InvariantCulture, $"<label><input type=\"checkbox\" name=\"{purpose.Key}.{channel}\"{(granted ? " checked" : "")}> {texts[channel]}</label>");
            }

            body.Append("</fieldset>");
        }

        body.Append(CultureInfo.InvariantCulture, $"<p><button type=\"submit\">{texts["save"]}</button> <button type=\"submit\" name=\"none\" value=\"1\">{texts["none"]}</button></p></form>");
        body.Append(CultureInfo.InvariantCulture, $"<p><a href=\"?lang={other}\" lang=\"{other}\" hreflang=\"{other}\">{texts["other"]}</a></p>");
        return PublicPage.Of(http, language, texts["title"], body.ToString(), status);
    }
}
