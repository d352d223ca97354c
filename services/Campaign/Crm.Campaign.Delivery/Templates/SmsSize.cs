using System.Collections.Frozen;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>What a short message costs.</summary>
/// <param name="Encoding"><c>gsm7</c> (3GPP TS 23.038, 6.2.1), or <c>ucs2</c> as soon as one character is not in that alphabet.</param>
/// <param name="Units">Septets, or UTF-16 code units; a character of the extension table takes two septets.</param>
/// <param name="Segments">Messages that the operator carries and charges.</param>
/// <param name="NotGsm7">Characters that force <c>ucs2</c>, each once.</param>
public sealed record SmsSize(string Encoding, int Units, int Segments, string NotGsm7)
{
    private const string Alphabet =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

    private static readonly FrozenSet<char> Basic = Alphabet.ToFrozenSet();
    private static readonly FrozenSet<char> Extended = "\f^{}\\[~]|€".ToFrozenSet();

    /// <summary>
    /// One message holds 160 septets or 70 UCS-2 units; of several each gives 7 or 3 to the header that joins them (3GPP TS 23.040, 9.2.3.24.1):
    /// 153 or 67. Neither an extended character nor a surrogate pair is split.
    /// </summary>
    public static SmsSize Of(string text)
    {
        var gsm7 = text.All(character => Basic.Contains(character) || Extended.Contains(character));
        var widths = gsm7 ? SeptetsOf(text) : UnitsOf(text);
        var units = widths.Sum();
        return new SmsSize(
            gsm7 ? "gsm7" : "ucs2",
            units,
            units <= (gsm7 ? 160 : 70) ? 1 : Pack(widths, gsm7 ? 153 : 67),
            gsm7 ? "" : string.Concat(text.EnumerateRunes().Where(IsForeign).Distinct()));
    }

    private static bool IsForeign(System.Text.Rune rune) => !rune.IsBmp || (!Basic.Contains((char)rune.Value) && !Extended.Contains((char)rune.Value));

    private static int[] SeptetsOf(string text) => [.. text.Select(character => Basic.Contains(character) ? 1 : 2)];

    private static int[] UnitsOf(string text) => [.. text.EnumerateRunes().Select(rune => rune.Utf16SequenceLength)];

    private static int Pack(int[] widths, int capacity)
    {
        var (segments, used) = (1, 0);
        foreach (var width in widths)
        {
            if (used + width > capacity) (segments, used) = (segments + 1, 0);
            used += width;
        }

        return segments;
    }
}
