using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Crm.Campaign.Domain;

/// <summary>
/// As whom a channel sends. E-mail: an address. SMS: a number, or a name of up to 11 letters and digits (3GPP TS 23.040, 9.1.2.5). WhatsApp: the
/// provider's id of the number. Post: where the letter goes back to, in one line. Other channels need none.
/// </summary>
internal static partial class SenderAddress
{
    private static readonly EmailAddressAttribute Email = new();

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static string? ProblemWith(string? channel, string? address) => channel switch
    {
        _ when address?.Any(char.IsControl) == true => "A sender has no control characters.",
        "email" => string.IsNullOrEmpty(address) || !Email.IsValid(address) || !Visible().IsMatch(address) ? "The sender of e-mail is an e-mail address, without spaces and control characters." : null,
        "sms" => address is null || !NumberOrName().IsMatch(address) ? "The sender of SMS is a phone number, or a name of up to 11 letters, digits and spaces." : null,
        "whatsapp" => address is null || !ProviderId().IsMatch(address) ? "The sender of WhatsApp messages is the provider's id of the number." : null,
        "post" => string.IsNullOrWhiteSpace(address) || address.Length > 100 ? "The sender of letters is the address they go back to, in a line of up to 100 characters." : null,
        _ => null,
    };

    [GeneratedRegex(@"^[\x21-\x7e]+$")]
    private static partial Regex Visible();

    [GeneratedRegex("^(\\+?[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$")]
    private static partial Regex NumberOrName();

    [GeneratedRegex("^[A-Za-z0-9+_-]{1,64}$")]
    private static partial Regex ProviderId();
}
