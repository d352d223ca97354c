using System.Globalization;

namespace Crm.Seed.Cdnow;

/// <summary>A row of the file: one purchase.</summary>
/// <param name="CustomerId">As in the file, with its leading zeros; of the master file, also where the sample has numbers of its own.</param>
/// <param name="Total">US dollars.</param>
internal sealed record CdnowRow(string CustomerId, DateOnly Date, int Cds, decimal Total);

/// <summary>
/// Purchases at CDNOW by everybody who bought first in the first quarter of 1997, until June 1998 (Fader and Hardie 2001, "Forecasting
/// repeat sales at CDNOW: a case study", Interfaces 31(3)). The master file has customer, date, CDs and dollars; the 1/10th sample has
/// its own customer number after that of the master file.
/// </summary>
internal static class CdnowFile
{
    private const int MasterColumns = 4;
    private const int SampleColumns = 5;

    public static List<CdnowRow> Read(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return Parse(reader, Path.GetFileName(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SeedException($"The file cannot be read: {exception.Message}", 1, exception);
        }
    }

    public static List<CdnowRow> Parse(TextReader reader, string name)
    {
        var rows = new List<CdnowRow>();
        var columns = 0;
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0 || (number == 1 && fields[0] == "customer_id")) continue;
            if (columns == 0) columns = fields.Length;
            if (fields.Length != columns || columns is not (MasterColumns or SampleColumns)) throw Malformed("has not the columns of the master file or of the sample");

            var tail = fields.AsSpan()[^3..];
            if (!fields[0].All(char.IsAsciiDigit)) throw Malformed($"'{fields[0]}' is not a customer number");
            if (!DateOnly.TryParseExact(tail[0], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)) throw Malformed($"'{tail[0]}' is not a date (yyyymmdd)");
            if (!int.TryParse(tail[1], NumberStyles.None, CultureInfo.InvariantCulture, out var cds)) throw Malformed($"'{tail[1]}' is not a number of CDs");
            if (!decimal.TryParse(tail[2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var total)) throw Malformed($"'{tail[2]}' is not an amount");
            rows.Add(new CdnowRow(fields[0], date, cds, total));

            SeedException Malformed(string what) => new($"{name}, line {number}: {what}. Nothing was loaded.");
        }

        return rows.Count > 0 ? rows : throw new SeedException($"{name} has no purchases.");
    }
}
