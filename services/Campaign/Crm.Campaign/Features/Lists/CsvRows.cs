using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using CsvHelper;

namespace Crm.Campaign.Features.Lists;

/// <param name="Line">Where the row begins in the file; the header is line 1.</param>
public sealed record ImportProblem(long Line, string Code, string Message);

/// <summary>
/// CSV (RFC 4180; comma, semicolon or tab; UTF-8) with a header of known columns in any order, read row by row. Rows that cannot be used are
/// counted, and the first thousand are kept with their reasons.
/// </summary>
internal sealed class CsvRows : IDisposable
{
    public const int MaxFile = 64 * 1024 * 1024;
    public const int KeptProblems = 1_000;
    private const int MaxRecordBytes = 16 * 1024;
    private readonly CsvReader _csv;
    private readonly string[] _known;
    private readonly List<CsvMalformedRecord> _malformed = [];
    private readonly List<ImportProblem> _problems = [];
    private Dictionary<string, int> _columns = [];

    public CsvRows(Stream body, params string[] known)
    {
        _known = known;
        _csv = CsvReader.Create(
            body,
            new CsvReaderOptions
            {
                MaxRecordSize = MaxRecordBytes, // an unclosed quote does not swallow the file
                MalformedData = CsvMalformedDataHandling.Skip,
                OnMalformedRecord = _malformed.Add,
                TrackLineNumbers = true,
                IncludeValuesInExceptions = false,
            },
            leaveOpen: true);
    }

    public long Received { get; private set; }

    public long Rejected { get; private set; }

    public IReadOnlyList<ImportProblem> Problems => [.. _problems.OrderBy(problem => problem.Line)];

    public long Line => _csv.LineNumber;

    /// <summary>The value of the present row, trimmed; null where empty or where there is no such column.</summary>
    public string? this[string column] =>
        _columns.TryGetValue(column, out var index) && _csv.GetString(index) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;

    /// <summary>The refusal of the whole file, or null.</summary>
    public async Task<Error?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _csv.ReadHeaderAsync(cancellationToken);
        }
        catch (CsvFormatException)
        {
            return AudienceErrors.CsvInvalid("header_unreadable", "The header is not CSV.");
        }

        var columns = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in _csv.Headers.Select(name => name.Trim()))
        {
            var shown = name.Length <= 50 ? name : name[..50];
            if (!_known.Contains(name, StringComparer.OrdinalIgnoreCase)) return AudienceErrors.CsvInvalid("column_unknown", $"There is no column '{shown}'; there are: {string.Join(", ", _known)}.", shown);
            if (!columns.TryAdd(name, columns.Count)) return AudienceErrors.CsvInvalid("column_repeated", $"The column '{name}' is there twice.", name);
        }

        _columns = columns;
        return columns.Count == 0 ? AudienceErrors.CsvInvalid("empty", "The file has no header.") : null;
    }

    /// <summary>Goes to the next row with as many values as the header; false at the end, also of a file that cannot be read on.</summary>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            bool read;
            try
            {
                read = await _csv.ReadAsync(cancellationToken);
            }
            catch (CsvFormatException exception)
            {
                Received++;
                Reject(exception.LineNumber, "unreadable", $"The row has more than {MaxRecordBytes} bytes; is a quote not closed? Nothing after it was read.");
                return false;
            }

            Received += _malformed.Count;
            foreach (var record in _malformed) Reject(record.LineNumber, "quoting", "The quotes of this row do not match.");
            _malformed.Clear();
            if (!read) return false;

            Received++;
            if (_csv.FieldCount == _columns.Count) return true;
            Reject(_csv.LineNumber, "column_count", $"The row has {_csv.FieldCount} columns, the header {_columns.Count}.");
        }
    }

    public void Reject(long line, string code, string message)
    {
        Rejected++;
        if (_problems.Count < KeptProblems) _problems.Add(new ImportProblem(line, code, message));
    }

    /// <summary>Rows that only the database could find wrong.</summary>
    public void RejectAll(long count, IEnumerable<long> lines, string code, string message)
    {
        Rejected += count;
        _problems.AddRange(lines.Take(KeptProblems - _problems.Count).Select(line => new ImportProblem(line, code, message)));
    }

    public void Dispose() => _csv.Dispose();
}
