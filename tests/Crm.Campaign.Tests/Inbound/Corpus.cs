using System.Text;
using Crm.Campaign.Delivery;
using Crm.Campaign.Inbound;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Inbound;

/// <summary>
/// Mails of our own making after what Postfix, Exim, qmail, Sendmail, Exchange, Gmail, gateways, providers' complaints, responders and people
/// write. A file's name begins with what it is; {RP}, {MID} and {TO} stand for return path, Message-ID and recipient.
/// </summary>
internal static class Corpus
{
    public const string Recipient = "sri.wahyuni@example.com";

    public static readonly MessageOptions Settings = new()
    {
        PublicBaseUrl = new Uri("https://toko.example"),
        LinkKey = Convert.ToBase64String(new byte[32]),
        SenderDomain = "mail.toko.example",
        BounceDomain = "bounce.toko.example",
    };

    public static readonly ReturnPaths ReturnPaths = new(Options.Create(Settings));
    public static readonly TrackingTokens Tokens = new(Options.Create(Settings));
    public static readonly Correlation Correlation = new(ReturnPaths, Tokens);

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Inbound", "Corpus");

    public static IReadOnlyList<string> Names { get; } = [.. Directory.GetFiles(Folder, "*.eml").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    public static string KindOf(string name) => name[..name.IndexOf("--", StringComparison.Ordinal)];

    public static byte[] Mail(string name, Guid delivery, ReturnPaths? returnPaths = null, TrackingTokens? tokens = null, string recipient = Recipient) =>
        Encoding.UTF8.GetBytes(File.ReadAllText(Path.Combine(Folder, name + ".eml")).ReplaceLineEndings("\r\n")
            .Replace("{RP}", (returnPaths ?? ReturnPaths).Write(delivery, ""), StringComparison.Ordinal)
            .Replace("{MID}", (tokens ?? Tokens).MessageId(delivery), StringComparison.Ordinal)
            .Replace("{TO}", recipient, StringComparison.Ordinal));
}
