namespace Crm.Campaign.Delivery;

/// <summary>
/// Lines of CSV (RFC 4180) that spreadsheets do not take for formulas: a field that begins like one gets an apostrophe before it (OWASP,
/// CSV injection), also behind spaces and in the full-width forms that some programs fold.
/// </summary>
public static class Csv
{
    private const string Formula = "=+-@\t\r\n\0＝＋－＠";

    public static string Line(IEnumerable<string?> fields) => string.Join(',', fields.Select(Field)) + "\r\n";

    public static string Field(string? value)
    {
        if (string.IsNullOrEmpty(value)) return "";
        var safe = Formula.Contains(value[0], StringComparison.Ordinal) || (value.TrimStart() is [var first, ..] && Formula.Contains(first, StringComparison.Ordinal)) ? "'" + value : value;
        return safe.AsSpan().IndexOfAny("\",\r\n") >= 0 || safe != safe.Trim() ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
