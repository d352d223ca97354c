using System.Globalization;

namespace Crm.Campaign.Features.Receipts;

/// <summary>The texts of the page that explains a message, by language.</summary>
internal sealed record WhyWords
{
    private static readonly WhyWords Indonesian = new()
    {
        Language = "id",
        Title = "Mengapa saya menerima ini?",
        Sent = "Pesan ini dikirim oleh {sender} pada {day}.",
        Chosen = "Mengapa Anda dipilih",
        ChosenBy = "Pesan ini ditujukan kepada pelanggan berdasarkan:",
        ChosenByOccasion = "Pesan ini ditujukan kepada pelanggan kami pada kesempatan tertentu.",
        Allowed = "Mengapa kami boleh menghubungi Anda",
        Agreed = "Anda menyetujui informasi pemasaran melalui {channel} pada {day}.",
        Notice = "Teks persetujuan yang Anda lihat: {notice}.",
        AllowedByMembership = "Anda adalah anggota program loyalitas kami.",
        AllowedUnknown = "Persetujuan Anda tidak tercatat lagi pada kami. Silakan berhenti berlangganan bila Anda tidak menginginkan pesan ini.",
        Stop = "Tidak ingin menerima pesan seperti ini?",
        Unsubscribe = "Berhenti berlangganan",
        Channels = { ["email"] = "e-mail", ["sms"] = "SMS", ["whatsapp"] = "WhatsApp", ["phone"] = "telepon", ["post"] = "pos", ["push"] = "notifikasi", ["webhook"] = "pesan otomatis" },
        Grounds =
        {
            ["place"] = "daerah tempat tinggal Anda", ["language"] = "bahasa Anda", ["age"] = "usia atau ulang tahun Anda", ["person"] = "data diri yang Anda berikan",
            ["purchases"] = "pembelian Anda pada kami", ["loyalty"] = "keanggotaan dan poin Anda", ["service"] = "layanan yang Anda terima dari kami",
            ["consent"] = "persetujuan yang Anda berikan", ["since"] = "lamanya Anda menjadi pelanggan", ["other"] = "minat dan hubungan Anda dengan kami",
        },
    };

    private static readonly WhyWords English = new()
    {
        Language = "en",
        Title = "Why did I get this?",
        Sent = "This message was sent by {sender} on {day}.",
        Chosen = "Why you were chosen",
        ChosenBy = "This message is for customers by:",
        ChosenByOccasion = "This message is for our customers on a certain occasion.",
        Allowed = "Why we may contact you",
        Agreed = "You agreed to marketing by {channel} on {day}.",
        Notice = "The text of the agreement that you saw: {notice}.",
        AllowedByMembership = "You are a member of our loyalty programme.",
        AllowedUnknown = "We have no record of your agreement any more. Please unsubscribe if you do not want such messages.",
        Stop = "You do not want messages like this?",
        Unsubscribe = "Unsubscribe",
        Channels = { ["email"] = "e-mail", ["sms"] = "SMS", ["whatsapp"] = "WhatsApp", ["phone"] = "telephone", ["post"] = "post", ["push"] = "notification", ["webhook"] = "automatic message" },
        Grounds =
        {
            ["place"] = "where you live", ["language"] = "your language", ["age"] = "your age or birthday", ["person"] = "personal details that you gave us",
            ["purchases"] = "your purchases from us", ["loyalty"] = "your membership and points", ["service"] = "service that you had from us",
            ["consent"] = "what you agreed to", ["since"] = "how long you have been a customer", ["other"] = "your interests and your relation with us",
        },
    };

    /// <summary>What a recipient is told about a field. Scores and groupings of ours are their interests and relation with us.</summary>
    private static readonly Dictionary<string, string> GroundByField = new(StringComparer.Ordinal)
    {
        ["city"] = "place", ["province"] = "place", ["country"] = "place", ["postalCode"] = "place", ["timeZone"] = "place", ["language"] = "language",
        ["age"] = "age", ["birthDate"] = "age", ["birthMonth"] = "age", ["birthDay"] = "age", ["gender"] = "person", ["emailDomain"] = "person",
        ["hasEmail"] = "person", ["hasPhone"] = "person", ["hasAddress"] = "person", ["registeredAt"] = "since", ["points"] = "loyalty",
        ["isMember"] = "loyalty", ["openCases"] = "service",
    };

    public required string Language { get; init; }
    public required string Title { get; init; }
    public required string Sent { get; init; }
    public required string Chosen { get; init; }
    public required string ChosenBy { get; init; }
    public required string ChosenByOccasion { get; init; }
    public required string Allowed { get; init; }
    public required string Agreed { get; init; }
    public required string Notice { get; init; }
    public required string AllowedByMembership { get; init; }
    public required string AllowedUnknown { get; init; }
    public required string Stop { get; init; }
    public required string Unsubscribe { get; init; }
    public Dictionary<string, string> Channels { get; } = new(StringComparer.Ordinal);
    public Dictionary<string, string> Grounds { get; } = new(StringComparer.Ordinal);

    public static WhyWords In(string language) => language == "id" ? Indonesian : English;

    public string SentBy(string sender, DateTimeOffset at, string? zone) =>
        Sent.Replace("{sender}", sender, StringComparison.Ordinal).Replace("{day}", Date(at, zone), StringComparison.Ordinal);

    /// <param name="notice">Version of the text that the recipient saw, if it is known.</param>
    public string AgreedTo(string channel, DateTimeOffset at, string? notice, string? zone)
    {
        var text = Agreed.Replace("{channel}", Channels.GetValueOrDefault(channel, channel), StringComparison.Ordinal).Replace("{day}", Date(at, zone), StringComparison.Ordinal);
        return notice is null ? text : $"{text} {Notice.Replace("{notice}", notice, StringComparison.Ordinal)}";
    }

    public string GroundOf(string field) => Grounds[
        GroundByField.TryGetValue(field, out var ground) ? ground
        : field.StartsWith("consent.", StringComparison.Ordinal) ? "consent"
        : field.StartsWith("bought.", StringComparison.Ordinal) || field.Contains("urchase", StringComparison.Ordinal) ? "purchases"
        : "other"];

    /// <summary>The day where the recipient is.</summary>
    private string Date(DateTimeOffset instant, string? zone)
    {
        var local = zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(instant, found) : instant;
        return local.ToString("d MMMM yyyy", CultureInfo.GetCultureInfo(Language == "id" ? "id-ID" : "en-GB"));
    }
}
