using System.Security.Cryptography;

namespace Crm.Loyalty.Domain;

/// <summary>
/// Sixteen digits: a 9 (no payment network's numbers begin with it), fourteen that nobody can guess, and the check digit of Luhn's
/// formula (ISO/IEC 7812-1, annex B) against typing errors.
/// </summary>
public static class CardNumber
{
    public static string Next()
    {
        var payload = $"9{RandomNumberGenerator.GetString("0123456789", 14)}";
        return payload + CheckDigit(payload);
    }

    public static bool IsValid(string number) =>
        number.Length == 16 && number.All(char.IsAsciiDigit) && CheckDigit(number[..15]) == number[15];

    /// <summary>From the right every second digit, beginning with the last of the payload, counts double (less 9 above 9).</summary>
    public static char CheckDigit(string payload)
    {
        var sum = 0;
        for (var i = 0; i < payload.Length; i++)
        {
            var digit = payload[payload.Length - 1 - i] - '0';
            if (i % 2 == 0) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return (char)('0' + ((10 - (sum % 10)) % 10));
    }
}
