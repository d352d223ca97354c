using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crm.Campaign.Domain.Journeys;

/// <param name="Texts">What each of its templates is to say, by node.</param>
internal sealed record ReadyMadeJourney(string Key, string NameId, string NameEn, string PurposeId, string PurposeEn, IReadOnlyList<string> Texts, string Definition)
{
    /// <summary>
    /// Journeys that every shop has. Points that expire are not among them: the loyalty programme tells no expiry date yet.
    /// </summary>
    public static readonly IReadOnlyList<ReadyMadeJourney> All =
    [
        new("welcome", "Sambutan pelanggan baru", "Welcome of a new customer",
            "Menyapa pelanggan yang baru terdaftar dan mengingatkan yang belum berbelanja.", "Greets who has just registered and reminds who has not bought yet.", ["greeting", "reminder"],
            """
            {"trigger":{"on":"customerRegistered"},"start":"greeting","nodes":[
                {"id":"greeting","kind":"send","next":"first-purchase"},
                {"id":"first-purchase","kind":"waitUntil","event":"purchaseRecorded","days":7,"next":"bought","otherwise":"morning"},
                {"id":"morning","kind":"wait","at":"09:00","next":"reminder"},
                {"id":"reminder","kind":"send","next":"done"},
                {"id":"bought","kind":"goal"},{"id":"done","kind":"exit"}]}
            """),
        new("birthday", "Kartu ulang tahun", "Birthday card",
            "Kartu elektronik pada hari ulang tahun, sekali setahun, pukul 09.00 waktu setempat.", "An e-card on the birthday, once a year, at nine local time.", ["card"],
            """
            {"trigger":{"on":"date","field":"birthDate","hour":9,"leapDay":"feb28"},"reentry":{"rule":"always"},"start":"card","nodes":[
                {"id":"card","kind":"send","next":"done"},{"id":"done","kind":"exit"}]}
            """),
        new("anniversary", "Terima kasih setahun", "Purchase anniversary",
            "Terima kasih setiap tahun pada tanggal pembelian pertama.", "Thanks on the date of the first purchase, every year.", ["thanks"],
            """
            {"trigger":{"on":"date","field":"firstPurchaseAt","hour":10,"leapDay":"feb28"},"reentry":{"rule":"always"},"start":"thanks","nodes":[
                {"id":"thanks","kind":"send","next":"done"},{"id":"done","kind":"exit"}]}
            """),
        new("win-back", "Mengajak kembali", "Win-back",
            "Mengajak kembali pelanggan bernilai yang mungkin sudah pergi (P(alive) di bawah 0,5) setelah setahun sejak pembelian terakhir.",
            "Invites valuable customers back who may have gone (P(alive) below 0.5), a year after their last purchase.", ["invitation", "last-call"],
            """
            {"trigger":{"on":"date","field":"lastPurchaseAt","hour":10,"years":1,"criteria":{"all":[
                    {"field":"pAlive","op":"lt","value":0.5},{"field":"clvPercentile","op":"gte","value":0.5}]}},
                "reentry":{"rule":"always"},"start":"invitation","nodes":[
                {"id":"invitation","kind":"send","next":"back"},
                {"id":"back","kind":"waitUntil","event":"purchaseRecorded","days":14,"next":"returned","otherwise":"last-call"},
                {"id":"last-call","kind":"send","next":"done"},
                {"id":"returned","kind":"goal","event":"purchaseRecorded"},{"id":"done","kind":"exit"}]}
            """),
        new("case-closed", "Tindak lanjut kasus", "Follow-up of a closed case",
            "Menanyakan kepuasan sehari setelah kasus ditutup, kecuali ada kasus lain yang terbuka.", "Asks how it went the day after a case was closed, unless another is open.", ["question"],
            """
            {"trigger":{"on":"caseClosed"},"reentry":{"rule":"after","days":30},"start":"day","nodes":[
                {"id":"day","kind":"wait","days":1,"at":"10:00","next":"open"},
                {"id":"open","kind":"branch","branches":[{"criteria":{"field":"openCases","op":"gt","value":0},"next":"done"}],"otherwise":"question"},
                {"id":"question","kind":"send","next":"done"},{"id":"done","kind":"exit"}]}
            """),
        new("referral", "Ajakan merekomendasikan", "Referral asked",
            "Meminta pelanggan setia merekomendasikan kita, tiga hari setelah pembelian; tujuan: teman yang terdaftar.",
            "Asks loyal customers to recommend us, three days after a purchase; the goal is a friend who registers.", ["request"],
            """
            {"trigger":{"on":"purchaseRecorded","criteria":{"all":[{"field":"purchaseCount","op":"gte","value":3},{"field":"openCases","op":"eq","value":0}]}},
                "reentry":{"rule":"after","days":180},"start":"days","nodes":[
                {"id":"days","kind":"wait","days":3,"at":"11:00","next":"request"},
                {"id":"request","kind":"send","next":"friend"},
                {"id":"friend","kind":"waitUntil","event":"customerReferred","days":30,"next":"referred","otherwise":"done"},
                {"id":"referred","kind":"goal","event":"customerReferred"},{"id":"done","kind":"exit"}]}
            """),
    ];

    /// <summary>The definition with the texts, sender and channel that its actions shall send.</summary>
    public JsonElement Fill(IReadOnlyDictionary<string, Guid> templates, string channel, string senderName, string fromAddress)
    {
        var definition = JsonNode.Parse(Definition)!.AsObject();
        foreach (var node in definition["nodes"]!.AsArray().Select(node => node!.AsObject()).Where(node => (string?)node["kind"] == "send"))
        {
            node["channel"] = channel;
            node["templateId"] = templates[(string)node["id"]!].ToString();
            node["senderName"] = senderName;
            node["fromAddress"] = fromAddress;
        }

        return JsonSerializer.SerializeToElement(definition);
    }
}
