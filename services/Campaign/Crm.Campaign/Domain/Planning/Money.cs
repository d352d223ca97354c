using System.Collections.Frozen;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Planning;

/// <summary>Amounts that people type in: not negative, in an active currency of ISO 4217, no finer than that currency is counted.</summary>
internal static class Money
{
    private const decimal Max = 1_000_000_000_000_000m;
    private const int MaxDecimals = 4; // costs of one message are quoted finer than a cent

    private static readonly FrozenSet<string> Codes = (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC " +
        "CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD " +
        "JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD " +
        "NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP " +
        "SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>No minor unit by ISO 4217, and the rupiah, whose sen is not in use.</summary>
    private static readonly FrozenSet<string> Whole =
        "BIF CLP DJF GNF IDR ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    public static Error? CheckCurrency(string code, string field) =>
        Codes.Contains(code) ? null : Error.Invalid("campaign.currency_unknown", "This is not a currency of ISO 4217.", field);

    /// <param name="isUnitCost">The cost of one message or click, which is quoted finer than the currency is paid in.</param>
    public static Error? CheckAmount(decimal? amount, string? currency, string field, bool isUnitCost = false)
    {
        if (amount is not { } value) return null;
        if (currency is null) return Error.Invalid("campaign.currency_missing", "An amount needs its currency.", "currency");
        var decimals = Whole.Contains(currency) && !isUnitCost ? 0 : MaxDecimals;
        return value < 0 || value > Max || decimal.Round(value, decimals) != value
            ? Error.Invalid("campaign.amount_invalid", $"An amount in {currency} is between 0 and {Max:F0} with at most {decimals} decimals.", field)
            : null;
    }
}
