using Crm.Analytics.Contracts.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Analytics.Grpc;

/// <summary>What the gateway's view of a customer shows of their value.</summary>
internal sealed class ValueReadsService(UnitOfWork unitOfWork) : ValueReads.ValueReadsBase
{
    public override async Task<GetCustomerValueResponse> GetCustomerValue(GetCustomerValueRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CustomerId, out var customerId))
        {
            throw new ErrorException(Error.Invalid("request.malformed", "customer_id is not a UUID.", "customer_id"));
        }

        var row = await CustomerValueRow.FindAsync(customerId, unitOfWork, context.CancellationToken) ?? throw new ErrorException(AnalyticsErrors.NotScored);
        return new GetCustomerValueResponse
        {
            RecencyScore = row.RecencyScore,
            FrequencyScore = row.FrequencyScore,
            MonetaryScore = row.MonetaryScore,
            ProbabilityAlive = row.PAlive,
            ExpectedPurchases = row.ExpectedPurchases,
            ClvMinor = Currencies.ToMinorUnits(row.Clv, row.Currency),
            Currency = row.Currency,
            ClvPercentile = row.ClvPercentile,
            ModelVersion = row.ModelVersion,
            InputsAsOf = row.InputsAsOf.ToTimestamp(),
            ComputedAt = row.ComputedAt.ToTimestamp(),
        };
    }
}
