using System.Globalization;
using Crm.Customer.Domain;
using Crm.Customer.Features.Import;
using Crm.ServiceDefaults.Errors;
using CsvHelper;

namespace Crm.Customer.Features.Intake;

/// <summary>
/// Reads customers from CSV (RFC 4180; comma, semicolon or tab; UTF-8 or with a byte order mark; any line ends), one row at a time. The
/// header names the columns as <see cref="Columns"/> does, in any order; <c>sourceId</c> and <c>displayName</c> must be there. The values
/// of a list are separated by semicolons.
/// </summary>
internal sealed class CsvCustomers : IDisposable
{
    public static readonly IReadOnlyList<string> Columns =
    [
        "sourceId", "displayName", "givenName", "familyName", "email", "phone", "language", "timeZone", "street", "city", "province",
        "postalCode", "country", "birthDate", "gender", "tags", "marketingConsents", "registeredAt", "referredBySourceId",
    ];

    private const int MaxColumns = 100;
    private const int MaxRecordBytes = 64 * 1024;
    private readonly CsvReader _csv;
    private readonly string _source;
    private readonly List<CsvMalformedRecord> _malformed = [];
    private Dictionary<string, int> _columns = [];

    private readonly Dictionary<string, string?> _mapping;
    private int _fields;
    private long _rows;

    /// <param name="mapping">What headers mean (see <see cref="Columns"/>), where they are not named so; null: the column is not taken in.</param>
    public CsvCustomers(Stream body, string source, IReadOnlyDictionary<string, string?>? mapping = null)
    {
        _source = source;
        _mapping = new Dictionary<string, string?>(mapping ?? new Dictionary<string, string?>(), StringComparer.OrdinalIgnoreCase);
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

    /// <summary>Reads the header; the refusal of the whole file, or null.</summary>
    public async Task<Error?> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _csv.ReadHeaderAsync(cancellationToken);
        }
        catch (CsvFormatException)
        {
            return CustomerErrors.CsvInvalid("header_unreadable", "The header is not CSV.");
        }

        string?[] header = [.. _csv.Headers.Select(name => _mapping.TryGetValue(name.Trim(), out var column) ? column : name.Trim())];
        _fields = header.Length;
        if (header.Length == 0) return CustomerErrors.CsvInvalid("empty", "The file has no header.");
        if (header.Length > MaxColumns) return CustomerErrors.CsvInvalid("too_many_columns", $"The file has more than {MaxColumns} columns.");
        var columns = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < header.Length; i++)
        {
            if (header[i] is not { } name) continue;
            if (!Columns.Contains(name, StringComparer.OrdinalIgnoreCase)) return CustomerErrors.CsvInvalid("column_unknown", $"There is no column '{Shown(name)}'.", Shown(name));
            if (!columns.TryAdd(name, i)) return CustomerErrors.CsvInvalid("column_repeated", $"The column '{name}' is there twice.", name);
        }

        var missing = Array.Find(["sourceId", "displayName"], name => !columns.ContainsKey(name));
        if (missing is not null) return CustomerErrors.CsvInvalid("column_missing", $"The column '{missing}' is missing.", missing);
        _columns = columns;
        return null;
    }

    /// <summary>Feeds all rows to the run, by the line that each starts at. A file that cannot be read on ends there, with a problem.</summary>
    public async Task ReadRowsAsync(IntakeRun run, CancellationToken cancellationToken)
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
                if (++_rows > run.AlreadyRead) run.Reject(exception.LineNumber, null, CustomerErrors.CsvInvalid("unreadable", $"The row has more than {MaxRecordBytes} bytes; is a quote not closed? Nothing after it was read."));
                return;
            }

            foreach (var record in _malformed)
            {
                if (++_rows > run.AlreadyRead) run.Reject(record.LineNumber, null, CustomerErrors.CsvInvalid("quoting", "The quotes of this row do not match."));
            }

            _malformed.Clear();
            if (!read) return;
            if (++_rows <= run.AlreadyRead) continue;

            if (_csv.FieldCount != _fields)
            {
                run.Reject(_csv.LineNumber, null, CustomerErrors.CsvInvalid("column_count", $"The row has {_csv.FieldCount} columns, the header {_fields}."));
            }
            else if (RegisteredAt(out var registeredAt) is { } error) run.Reject(_csv.LineNumber, Field("sourceId"), error);
            else await run.AddAsync(_csv.LineNumber, Customer(registeredAt), cancellationToken);
        }
    }

    public void Dispose() => _csv.Dispose();

    private IncomingCustomer Customer(DateTimeOffset? registeredAt) => new()
    {
        Source = _source,
        SourceId = Field("sourceId") ?? "",
        Details = new CustomerInput
        {
            DisplayName = Field("displayName"),
            GivenName = Field("givenName"),
            FamilyName = Field("familyName"),
            Email = Field("email"),
            Phone = Field("phone"),
            Language = Field("language"),
            TimeZone = Field("timeZone"),
            Street = Field("street"),
            City = Field("city"),
            Province = Field("province"),
            PostalCode = Field("postalCode"),
            Country = Field("country"),
            Gender = Field("gender"),
            Tags = List("tags"),
        },
        BirthDate = Field("birthDate"),
        MarketingConsents = List("marketingConsents"),
        RegisteredAt = registeredAt,
        ReferredBySourceId = Field("referredBySourceId"),
    };

    private Error? RegisteredAt(out DateTimeOffset? value)
    {
        value = null;
        if (string.IsNullOrWhiteSpace(Field("registeredAt"))) return null;
        if (!DateTimeOffset.TryParse(Field("registeredAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)) return CustomerErrors.InstantInvalid("registeredAt");
        value = parsed;
        return null;
    }

    private string? Field(string column)
    {
        var text = _columns.TryGetValue(column, out var index) ? _csv.GetString(index) : null;
        // An export quotes what a spreadsheet would take for a formula; that comes off again here.
        return text is ['\'', var next, ..] && ExportCustomers.IsFormulaStart(next) ? text[1..] : text;
    }

    private string[] List(string column) =>
        Field(column)?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static string Shown(string name) => name.Length <= 50 ? name : name[..50];
}
