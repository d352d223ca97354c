using System.Globalization;
using Crm.Campaign.Delivery.Templates;

namespace Crm.Campaign.Sender.Channels.Post;

/// <summary>The address of a letter as the post of its country reads it, in the six lines that a window shows.</summary>
internal static class PostalLines
{
    public const int AtMost = 6;
    private const string Home = "ID";

    /// <summary>Countries whose postal code stands behind the town (UPU, postal addressing systems); elsewhere it stands before it.</summary>
    private static readonly HashSet<string> CodeBehind = ["ID", "AU", "BD", "CA", "CN", "GB", "HK", "IE", "IN", "JP", "KR", "MM", "NZ", "PK", "SG", "TH", "TW", "US", "ZA"];

    public static IReadOnlyList<string> Of(Recipient recipient)
    {
        var country = recipient.Country?.ToUpperInvariant() ?? Home;
        var town = CodeBehind.Contains(country) ? $"{recipient.City} {recipient.PostalCode}" : $"{recipient.PostalCode} {recipient.City}";
        string?[] after = [town, recipient.Province, country == Home ? null : NameOf(country)];
        var below = after.Select(Clean).Where(line => line.Length > 0).ToArray();
        string[] street = [.. (recipient.Street ?? "").Split('\n').Select(Clean).Where(line => line.Length > 0)];

        // A street of more lines than there is room for keeps its words on the last one.
        var room = AtMost - 1 - below.Length;
        if (street.Length > room) street = [.. street.Take(room - 1), string.Join(", ", street.Skip(room - 1))];
        return [Clean(recipient.DisplayName), .. street, .. below];
    }

    private static string Clean(string? text) => string.Join(' ', new string([.. (text ?? "").Select(character => char.IsControl(character) ? ' ' : character)]).Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string NameOf(string country)
    {
        try
        {
            return new RegionInfo(country).EnglishName.ToUpperInvariant();
        }
        catch (ArgumentException)
        {
            return country;
        }
    }
}
