using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>
/// A mailbox of RFC 5321 section 4.1.2, internationalised by RFC 6531: dot-string or quoted-string local part, domain
/// or address literal. The domain is held in its ASCII form (IDNA), so only the local part can need SMTPUTF8.
/// </summary>
public readonly record struct SmtpAddress
{
    private const int MaxLocalPartOctets = 64;
    private const int MaxDomainOctets = 255;
    private const int MaxOctets = 254;

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };
    private const string AtomCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~";
    private static readonly SearchValues<char> AtomText = SearchValues.Create(AtomCharacters);
    private static readonly SearchValues<char> DottedAtomText = SearchValues.Create(AtomCharacters + ".");
    private static readonly SearchValues<char> PlainDomainText = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");
    private static readonly SearchValues<char> LabelText = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> LiteralText = SearchValues.Create("abcdefABCDEFIPv0123456789.:");

    private SmtpAddress(string value, bool requiresSmtpUtf8) => (Value, RequiresSmtpUtf8) = (value, requiresSmtpUtf8);

    public string Value { get => field ?? ""; }

    public bool RequiresSmtpUtf8 { get; }

    /// <summary>What is behind the @, in ASCII; empty for <see cref="Null"/>.</summary>
    public string Domain => Value[(Value.LastIndexOf('@') + 1)..];

    /// <summary>The null reverse-path of bounces: MAIL FROM:&lt;&gt;.</summary>
    public static SmtpAddress Null => default;

    public override string ToString() => Value;

    /// <exception cref="ArgumentException">Not an address; line breaks and other controls never are.</exception>
    public static SmtpAddress Parse(string text, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(text))] string? parameter = null) =>
        TryParse(text, out var address) ? address : throw new ArgumentException("Not a mail address.", parameter);

    public static bool TryParse([NotNullWhen(true)] string? text, out SmtpAddress address)
    {
        address = default;
        if (text is null) return false;
        var at = text.LastIndexOf('@');
        if (at < 1 || at == text.Length - 1) return false;
        var local = text[..at];
        if (!IsDotString(local) && !IsQuotedString(local)) return false;
        if (ToAsciiDomain(text[(at + 1)..]) is not { } domain) return false;
        var localOctets = Encoding.UTF8.GetByteCount(local);
        if (localOctets > MaxLocalPartOctets || localOctets + 1 + domain.Length > MaxOctets) return false;
        address = new SmtpAddress($"{local}@{domain}", !Ascii.IsValid(local));
        return true;
    }

    private static bool IsDotString(string local)
    {
        if (!local.AsSpan().ContainsAnyExcept(DottedAtomText)) return local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);
        foreach (var atom in local.Split('.'))
            if (atom.Length == 0 || !IsText(atom, static c => AtomText.Contains(c))) return false;
        return true;
    }

    private static bool IsQuotedString(string local)
    {
        if (local.Length < 3 || local[0] != '"' || local[^1] != '"') return false;
        var inner = local[1..^1];
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '"') return false;
            if (inner[i] == '\\' && ++i == inner.Length) return false;
        }
        return IsText(inner, static c => c is >= ' ' and <= '~');
    }

    /// <summary>ASCII by the given rule; beyond ASCII anything well-formed but controls, separators and formatting.</summary>
    private static bool IsText(string text, Func<char, bool> asciiRule)
    {
        for (var i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var consumed) != OperationStatus.Done) return false;
            if (rune.IsAscii ? !asciiRule((char)rune.Value) : !IsPrintable(rune)) return false;
            i += consumed;
        }
        return true;
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);

    private static string? ToAsciiDomain(string domain)
    {
        if (domain[0] == '[')
            return domain[^1] == ']' && domain.Length is > 2 and <= MaxDomainOctets && !domain.AsSpan(1, domain.Length - 2).ContainsAnyExcept(LiteralText) ? domain : null;
        // Most are plain already. Capitals and labels in Punycode are for IDNA to judge.
        if (!domain.AsSpan().ContainsAnyExcept(PlainDomainText) && !domain.Contains("xn--", StringComparison.Ordinal)) return AreLabels(domain) ? domain : null;
        try
        {
            var ascii = Idn.GetAscii(domain);
            return AreLabels(ascii) ? ascii : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool AreLabels(ReadOnlySpan<char> domain)
    {
        if (domain.Length > MaxDomainOctets) return false;
        foreach (var part in domain.Split('.'))
        {
            var label = domain[part];
            if (label.Length is < 1 or > 63 || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(LabelText)) return false;
        }

        return true;
    }
}
