using System.Globalization;
using Crm.Analytics.Models;

namespace Crm.Analytics.Tests.Models;

/// <summary>The CDNOW data of Fader and Hardie, read from ../shared/data beside the repository.</summary>
internal static class Cdnow
{
    public static readonly DateOnly CalibrationEnd = new(1997, 9, 30);
    public static readonly DateOnly HoldoutEnd = new(1998, 6, 30);

    public static readonly string? Directory = Find();

    /// <summary>The customers of the published summary: t_x and T in weeks, rounded to two decimals.</summary>
    public static IReadOnlyList<CustomerSummary<int>> Summary { get; } = Directory is null ? [] :
        [.. Lines("cdnow_customers_summary_with_transactions.csv").Skip(1).Select(line => line.Split(',')).Select(cells =>
            new CustomerSummary<int>(int.Parse(cells[0], CultureInfo.InvariantCulture),
                new PurchaseHistory(int.Parse(cells[1], CultureInfo.InvariantCulture), Number(cells[2]), Number(cells[3])), Number(cells[4])))];

    /// <summary>The 1/10 sample, by the sample's customer numbers.</summary>
    public static IReadOnlyList<Purchase<int>> SampleLog { get; } = Directory is null ? [] :
        [.. Lines("CDNOW_sample.txt").Select(Cells).Select(cells => PurchaseOf(cells[1], cells[2], cells[4]))];

    public static IEnumerable<Purchase<int>> MasterLog() =>
        Lines("CDNOW_master.txt").Skip(1).Select(Cells).Select(cells => PurchaseOf(cells[0], cells[1], cells[3]));

    public static IEnumerable<int> MasterCds() =>
        Lines("CDNOW_master.txt").Skip(1).Select(line => int.Parse(Cells(line)[2], CultureInfo.InvariantCulture));

    public static PurchaseHistogram Histogram() => PurchaseHistogram.Of([.. Summary.Select(customer => customer.History)]);

    private static IEnumerable<string> Lines(string file) =>
        File.ReadLines(Path.Combine(Directory!, file)).Where(line => !string.IsNullOrWhiteSpace(line));

    private static string[] Cells(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static double Number(string cell) => double.Parse(cell, CultureInfo.InvariantCulture);

    private static Purchase<int> PurchaseOf(string customer, string day, string value) => new(
        int.Parse(customer, CultureInfo.InvariantCulture),
        DateOnly.ParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture),
        decimal.Parse(value, CultureInfo.InvariantCulture));

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "CrmPlatform.sln"))) continue;
            var data = Path.Combine(folder.FullName, "..", "shared", "data", "cdnow");
            return File.Exists(Path.Combine(data, "CDNOW_master.txt")) ? data : null;
        }
        return null;
    }
}

/// <summary>A test that needs the CDNOW data; skipped where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CdnowFactAttribute : FactAttribute
{
    public CdnowFactAttribute()
    {
        if (Cdnow.Directory is null) Skip = "CDNOW data are not in ../shared/data/cdnow";
    }
}
