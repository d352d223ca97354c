namespace Crm.Analytics.Domain;

internal static class Currencies
{
    private static readonly HashSet<string> WithoutDecimals = ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"];
    private static readonly HashSet<string> WithThree = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

    /// <summary>An amount in minor units, by the exponents of ISO 4217.</summary>
    public static long ToMinorUnits(decimal amount, string currency)
    {
        var factor = WithoutDecimals.Contains(currency) ? 1 : WithThree.Contains(currency) ? 1000 : 100;
        return (long)decimal.Round(amount * factor, MidpointRounding.ToEven);
    }

    public static bool IsCode(string text) => text.Length == 3 && text.All(char.IsAsciiLetterUpper);
}
