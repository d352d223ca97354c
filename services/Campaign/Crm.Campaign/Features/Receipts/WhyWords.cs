using System.Globalization;

namespace Crm.Campaign.Features.Receipts;

/// <summary>The texts of the page that explains a message, by language.</summary>
internal sealed record WhyWords
{
    private static readonly WhyWords Indonesian = new()
    {
        Language = "id",
        Title = "Mengapa saya menerima ini?",
        Sent = "Pesan ini dikirim oleh {0} pada {1}.",
        Chosen = "Mengapa Anda dipilih",
        ChosenBy = "Pesan ini ditujukan kepada pelanggan berdasarkan:",
        ChosenByOccasion = "Pesan ini ditujukan kepada pelanggan kami pada kesempatan tertentu.",
        Allowed = "Mengapa kami boleh menghubungi Anda",
        Agreed = "Anda menyetujui informasi pemasaran melalui {0} pada {1}.",
        Notice = "Teks persetujuan yang Anda lihat: {0}.",
        AllowedByMembership = "Anda adalah anggota program loyalitas kami.",
        AllowedUnknown = "Persetujuan Anda tidak tercatat lagi pada kami. Silakan berhenti berlangganan bila Anda tidak menginginkan pesan ini.",
        Stop = "Tidak ingin menerima pesan seperti ini?",
        Unsubscribe = "Berhenti berlangganan",
        Channels = { ["email"] = "e-mail", ["sms"] = "SMS atau WhatsApp", ["phone"] = "telepon", ["post"] = "pos", ["push"] = "notifikasi" },
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
        Sent = "This message was sent by {0} on {1}.",
        Chosen = "Why you were chosen",
        ChosenBy = "This message is for customers by:",
        ChosenByOccasion = "This message is for our customers on a certain occasion.",
        Allowed = "Why we may contact you",
        Agreed = "You agreed to marketing by {0} on {1}.",
        Notice = "The text of the agreement that you saw: {0}.",
        AllowedByMembership = "You are a member of our loyalty programme.",
        AllowedUnknown = "We have no record of your agreement any more. Please unsubscribe if you do not want such messages.",
        Stop = "You do not want messages like this?",
        Unsubscribe = "Unsubscribe",
        Channels = { ["email"] = "e-mail", ["sms"] = "SMS or WhatsApp", ["phone"] = "telephone", ["post"] = "post", ["push"] = "notification" },
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
        ["city"] = "place", ["province"] = "place", ["country"] = "place", ["postalCode"] = "place", ["language"] = "language", ["age"] = "age", ["birthDate"] = "age",
        ["gender"] = "person", ["hasEmail"] = "person", ["hasPhone"] = "person", ["registeredAt"] = "since", ["points"] = "loyalty", ["isMember"] = "loyalty",
        ["tier"] = "loyalty", ["openCases"] = "service",
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

    public string ChannelOf(string channel) => Channels.GetValueOrDefault(channel, channel);

    public string GroundOf(string field) => Grounds[
        GroundByField.TryGetValue(field, out var ground) ? ground
        : field.StartsWith("consent.", StringComparison.Ordinal) ? "consent"
        : field.Contains("urchase", StringComparison.Ordinal) ? "purchases"
        : "other"];

    /// <summary>The day where the recipient is.</summary>
    public string Date(DateTimeOffset instant, string? zone)
    {
        var local = zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(instant, found) : instant;
        return local.ToString("d MMMM yyyy", CultureInfo.GetCultureInfo(Language == "id" ? "id-ID" : "en-GB"));
    }
}
