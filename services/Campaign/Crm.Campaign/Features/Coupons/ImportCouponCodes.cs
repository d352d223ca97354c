using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using CsvHelper;

namespace Crm.Campaign.Features.Coupons;

/// <param name="Duplicates">Codes that exist already, in this pool or another, or stand twice in the file.</param>
/// <param name="Faults">The first hundred lines that are not codes.</param>
public sealed record ImportedCouponCodes(int Added, int Duplicates, int Invalid, IReadOnlyList<ImportFault> Faults);

public sealed record ImportFault(long Line, string Code);

/// <summary>
/// A CSV file whose first column holds the codes; a heading <c>code</c> is passed over. The same file again adds nothing.
/// </summary>
internal static class ImportCouponCodes
{
    private const int MaxCodes = 500_000;
    private const int Batch = 10_000;
    private const int MaxFaults = 100;
    private static readonly Error TooMany = Error.Invalid("campaign.too_many_codes", $"A file has at most {MaxCodes} codes.", "body");
    private static readonly Error Malformed = Error.Invalid("campaign.csv_malformed", "The body is not a CSV file in UTF-8.", "body");

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/coupon-pools/{id:guid}/import", async (Guid id, HttpRequest request, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request.Body, unitOfWork, cancellationToken)).ToOk())
            .Accepts<string>("text/csv").WithName("ImportCouponCodes").WithSummary("Adds the codes of a CSV file").AllowRoles(Roles.Marketing);

    private static async Task<Result<ImportedCouponCodes>> HandleAsync(Guid id, Stream body, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await CouponPoolResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return CouponErrors.PoolNotFound;
        var (added, read, faults, invalid) = (0, 0, new List<ImportFault>(), 0);
        var batch = new List<string>(Batch);
        using var csv = CsvReader.Create(
            body,
            new CsvReaderOptions
            {
                HasHeader = false,
                MaxRecordSize = 64 * 1024, // an unclosed quote does not swallow the file
                MalformedData = CsvMalformedDataHandling.Skip,
                OnMalformedRecord = record => Reject(record.LineNumber, ""),
                TrackLineNumbers = true,
                IncludeValuesInExceptions = false,
            },
            leaveOpen: true);
        var first = true;
        try
        {
            while (await csv.ReadAsync(cancellationToken))
            {
                var code = CouponCode.Normalised(csv.GetString(0));
                var heading = first && code == "CODE";
                first = false;
                if (code.Length == 0 || heading) continue;
                if (!CouponCode.IsCode(code))
                {
                    Reject(csv.LineNumber, code.Length > 60 ? code[..60] : code);
                    continue;
                }

                if (++read > MaxCodes) return TooMany;
                batch.Add(code);
                if (batch.Count == Batch) added += await AddAsync();
            }
        }
        catch (CsvFormatException)
        {
            return Malformed;
        }

        added += await AddAsync();
        return new ImportedCouponCodes(added, read - added, invalid, faults);

        void Reject(long line, string code)
        {
            invalid++;
            if (faults.Count < MaxFaults) faults.Add(new ImportFault(line, code));
        }

        async Task<int> AddAsync()
        {
            var inserted = await unitOfWork.ExecuteAsync(
                "INSERT INTO coupon_codes (code, pool_id) SELECT DISTINCT code, @id FROM unnest(@codes) code ON CONFLICT DO NOTHING", new { id, codes = batch.ToArray() }, cancellationToken);
            batch.Clear();
            return inserted;
        }
    }
}
