using Crm.Customer.Contracts.V1;
using Crm.Customer.Domain;
using Crm.Customer.Features.Intake;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Customer.Grpc;

/// <summary>Bulk intake as a stream; batches are committed as they fill.</summary>
internal sealed class CustomerIngestionService(CustomerIntake intake) : CustomerIngestion.CustomerIngestionBase
{
    private const int KeptRejections = 100;

    public override async Task<ImportSummary> Import(IAsyncStreamReader<ImportRequest> requestStream, ServerCallContext context)
    {
        var run = intake.Start(KeptRejections);
        var row = 0L;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            foreach (var customer in request.Customers)
            {
                row++;
                if (IsInstant(customer.RegisteredAt)) await run.AddAsync(row, Incoming(customer), context.CancellationToken);
                else run.Reject(row, customer.SourceId, CustomerErrors.InstantInvalid("registeredAt"));
            }
        }

        await run.CompleteAsync(context.CancellationToken);
        return new ImportSummary
        {
            Received = run.Received,
            Created = run.Created,
            Updated = run.Updated,
            Unchanged = run.Unchanged,
            Rejected = run.Rejected,
            Rejections =
            {
                run.Problems.Select(problem => new Rejection
                {
                    SourceId = problem.SourceId ?? "",
                    Code = problem.Code,
                    Field = problem.Field ?? "",
                    Message = problem.Message,
                }),
            },
        };
    }

    /// <summary>A timestamp on the wire can hold what is none (its range is 0001 to 9999).</summary>
    private static bool IsInstant(Timestamp? timestamp) =>
        timestamp is null || (timestamp.Seconds is >= -62_135_596_800 and <= 253_402_300_799 && timestamp.Nanos is >= 0 and <= 999_999_999);

    private static IncomingCustomer Incoming(ImportedCustomer customer) => new()
    {
        Source = customer.Source,
        SourceId = customer.SourceId,
        Details = new CustomerInput
        {
            DisplayName = customer.DisplayName,
            GivenName = customer.GivenName,
            FamilyName = customer.FamilyName,
            Email = customer.Email,
            Phone = customer.Phone,
            Language = customer.Language,
            TimeZone = customer.TimeZone,
            Street = customer.Street,
            City = customer.City,
            Province = customer.Province,
            PostalCode = customer.PostalCode,
            Country = customer.Country,
            Gender = customer.Gender,
            Tags = customer.Tags,
        },
        BirthDate = customer.BirthDate,
        MarketingConsents = customer.MarketingConsents,
        RegisteredAt = customer.RegisteredAt?.ToDateTimeOffset(),
        ReferredBySourceId = customer.ReferredBySourceId,
    };
}
