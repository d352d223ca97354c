using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Offers;
using Crm.Analytics.Models.Baskets;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Features.Offers;

/// <summary>What to offer a customer next, best first; nothing where consent or the frequency cap forbid an approach.</summary>
internal static class GetNextBestOffers
{
    public const string DefaultChannel = "store";
    public const int DefaultLimit = 5;

    /// <param name="Withheld">Why there is none: no_consent, profiling_refused, frequency_cap, no_rules (the job has not run), no_purchases; null otherwise.</param>
    public sealed record Response(
        Guid CustomerId, string? Currency, string Channel, string? Withheld, IReadOnlyList<OfferResponse> Offers, Guid? RunId, DateTimeOffset AsOf, string FormulaVersion);

    /// <param name="Probability">That the customer accepts.</param>
    /// <param name="Margin">What the product earns when it is bought.</param>
    /// <param name="MarginBasis">cost, or assumed_rate where no cost is known.</param>
    /// <param name="ExpectedValue">Probability times margin, less what it replaces and the contact cost.</param>
    public sealed record OfferResponse(
        string Kind, string Sku, string Name, string Category, IReadOnlyList<string> Because, double Probability, decimal Margin, string MarginBasis,
        decimal ExpectedValue, Bilingual Reason, RuleStatistics? Rule);

    public sealed record RuleStatistics(int Baskets, int Count, double Support, double Confidence, double Lift, double P);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/next-best-offers", async (
            Guid id, string? channel, int? limit, UnitOfWork unitOfWork, OfferStore offers, ContactRules contact, BusinessCalendar calendar, TimeProvider time,
            IOptions<AnalyticsOptions> options, CancellationToken cancellationToken) =>
            (await Handle(id, channel ?? DefaultChannel, limit ?? DefaultLimit, unitOfWork, offers, contact, calendar, time, options.Value, cancellationToken)).ToOk())
        .WithName("GetNextBestOffers")
        .AllowRoles(Roles.Staff);

    internal static async Task<Result<Response>> Handle(
        Guid id, string channel, int limit, UnitOfWork unitOfWork, OfferStore offers, ContactRules contact, BusinessCalendar calendar, TimeProvider time,
        AnalyticsOptions options, CancellationToken cancellationToken)
    {
        if (!ContactRules.Inbound.Contains(channel) && !ContactRules.Outbound.Contains(channel)) return AnalyticsErrors.UnknownChannel;
        if (limit is < 1 or > 50) return Error.Invalid("analytics.limit_out_of_range", "limit is from 1 to 50.", "limit");

        var now = time.GetUtcNow();
        var refusal = await contact.RefusalAsync(id, channel, now.AddDays(-options.OfferFrequencyDays), options.OfferFrequencyCap, cancellationToken);
        if (refusal is not null) return Nothing(refusal, null);
        var currency = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT currency FROM customers WHERE customer_id = @id", new { id }, cancellationToken);
        if (currency is null) return Nothing("no_purchases", null);
        if (await offers.CatalogueAsync(currency, cancellationToken) is not { } catalogue) return Nothing("no_rules", currency);

        var asOf = await unitOfWork.QuerySingleOrDefaultAsync<DateOnly?>("SELECT max(day) FROM basket_lines WHERE customer_id = @id", new { id }, cancellationToken) ?? calendar.Today;
        var owned = await offers.OwnedAsync([id], currency, (asOf < calendar.Today ? asOf : calendar.Today).AddMonths(-options.RfmWindowMonths), cancellationToken);
        var excluded = await unitOfWork.QueryAsync<string>(
            """
            SELECT sku FROM offer_outcomes WHERE customer_id = @id AND outcome <> 'accepted' AND recorded_at >= @since
            UNION SELECT sku FROM product_issues WHERE state = 'open'
            """,
            new { id, since = now.AddDays(-options.OfferRepeatDays) },
            cancellationToken);
        var best = catalogue.For([.. owned[id]], excluded.ToHashSet(StringComparer.Ordinal));
        return new Response(id, currency, channel, null, [.. best.Take(limit).Select(Of)], catalogue.RunId, now, OfferValue.FormulaVersion);

        Response Nothing(string why, string? known) => new(id, known, channel, why, [], null, now, OfferValue.FormulaVersion);
    }

    private static OfferResponse Of(Offer offer) => new(
        offer.Kind, offer.Product.Sku, offer.Product.Name, offer.Product.Category, [.. offer.Because.Select(product => product.Sku)], offer.Acceptance,
        offer.Margin, offer.MarginBasis, offer.ExpectedValue, OfferTexts.ReasonOf(offer),
        offer.Rule is { } rule
            ? new RuleStatistics(rule.Baskets, rule.BothCount, (double)rule.BothCount / rule.Baskets, rule.Confidence, rule.Lift, rule.P)
            : null);
}
