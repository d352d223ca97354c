using Crm.Analytics.Contracts.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Features.Offers;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Grpc;

/// <summary>What Sales and Campaign offer a customer next.</summary>
internal sealed class OfferReadsService(
    UnitOfWork unitOfWork, OfferStore offers, ContactRules contact, BusinessCalendar calendar, TimeProvider time, IOptions<AnalyticsOptions> options) : OfferReads.OfferReadsBase
{
    /// <summary>Empty channel: store; limit 0: five.</summary>
    public override async Task<GetNextBestOffersResponse> GetNextBestOffers(GetNextBestOffersRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CustomerId, out var customerId))
        {
            throw new ErrorException(Error.Invalid("request.malformed", "customer_id is not a UUID.", "customer_id"));
        }

        var best = (await Features.Offers.GetNextBestOffers.Handle(
            customerId, request.Channel.Length == 0 ? Features.Offers.GetNextBestOffers.DefaultChannel : request.Channel,
            request.Limit == 0 ? Features.Offers.GetNextBestOffers.DefaultLimit : request.Limit,
            unitOfWork, offers, contact, calendar, time, options.Value, context.CancellationToken)).Value;
        var answer = new GetNextBestOffersResponse
        {
            Withheld = best.Withheld ?? "", Currency = best.Currency ?? "", RunId = best.RunId?.ToString() ?? "", AsOf = best.AsOf.ToTimestamp(), FormulaVersion = best.FormulaVersion,
        };
        answer.Offers.AddRange(best.Offers.Select(offer => Of(offer, best.Currency!)));
        return answer;
    }

    private static NextBestOffer Of(Features.Offers.GetNextBestOffers.OfferResponse offer, string currency)
    {
        var told = new NextBestOffer
        {
            Kind = offer.Kind, Sku = offer.Sku, Name = offer.Name, Category = offer.Category, Probability = offer.Probability,
            MarginMinor = Currencies.ToMinorUnits(offer.Margin, currency), MarginBasis = offer.MarginBasis,
            ExpectedValueMinor = Currencies.ToMinorUnits(offer.ExpectedValue, currency), ReasonId = offer.Reason.Id, ReasonEn = offer.Reason.En,
        };
        told.BecauseSkus.AddRange(offer.Because);
        return told;
    }
}
