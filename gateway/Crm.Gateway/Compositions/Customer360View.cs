using Crm.Analytics.Contracts.V1;
using Crm.Campaign.Contracts.V1;
using Crm.Customer.Contracts.V1;
using Crm.Loyalty.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Crm.ServiceDesk.Contracts.V1;
using Google.Protobuf.WellKnownTypes;

namespace Crm.Gateway.Compositions;

/// <summary>What the page gets, and how the services' answers read as it.</summary>
internal static partial class Customer360
{
    /// <param name="Loyalty">Null for somebody who is no member (or while <c>loyalty</c> is unavailable).</param>
    /// <param name="Value">Null before the first scoring (or while <c>value</c> is unavailable).</param>
    /// <param name="Unavailable">Parts that did not answer in time; everything else is complete.</param>
    internal sealed record View(
        CustomerPart Customer, IReadOnlyList<TimelineItem>? Timeline, PurchasesPart? Purchases, CasesPart? Cases,
        LoyaltyPart? Loyalty, IReadOnlyList<DeliveryItem>? Campaigns, ValuePart? Value, IReadOnlyList<string> Unavailable);

    internal sealed record CustomerPart(
        string CustomerId, long Version, string Number, string DisplayName, string? Email, string? Phone, string Language, string? City,
        string LifecycleStage, IReadOnlyList<string> Tags, DateTimeOffset? RegisteredAt, IReadOnlyList<ConsentItem> Consents);

    internal sealed record ConsentItem(string Channel, string Purpose, bool Granted, DateTimeOffset? EffectiveAt);

    internal sealed record TimelineItem(
        string EntryId, DateTimeOffset? OccurredAt, string Kind, string SourceService, string? SubjectRef, string SummaryKey, IReadOnlyDictionary<string, string> Args);

    internal sealed record MoneyAmount(decimal Amount, string Currency);

    internal sealed record PurchasesPart(
        long Count, IReadOnlyList<MoneyAmount> Totals, DateTimeOffset? FirstPurchasedAt, DateTimeOffset? LastPurchasedAt, IReadOnlyList<PurchaseItem> Latest);

    internal sealed record PurchaseItem(
        string PurchaseId, DateTimeOffset? PurchasedAt, MoneyAmount? Total, int LineCount, string Source, string SourceId, bool Returned);

    internal sealed record CasesPart(int OpenCount, IReadOnlyList<CaseItem> Cases);

    internal sealed record CaseItem(
        string CaseId, string Number, string Type, string Priority, string Status, string Subject, DateTimeOffset? OpenedAt, DateTimeOffset? ResolvedAt);

    internal sealed record LoyaltyPart(
        string MemberId, string MemberNumber, long AvailablePoints, long LifetimePoints, DateTimeOffset? EnrolledAt, IReadOnlyList<CardItem> Cards);

    internal sealed record CardItem(string CardId, string NumberEnd, string Status);

    internal sealed record DeliveryItem(
        string CampaignId, string CampaignName, string Channel, string State, DateTimeOffset? SentAt, DateTimeOffset? FirstOpenedAt, DateTimeOffset? FirstClickedAt);

    /// <param name="Clv">Over the horizon of the scoring, in <paramref name="Currency"/>.</param>
    /// <param name="ClvPercentile">1 is the customer with the highest CLV.</param>
    internal sealed record ValuePart(
        int RecencyScore, int FrequencyScore, int MonetaryScore, double ProbabilityAlive, double ExpectedPurchases, decimal Clv, string Currency,
        double ClvPercentile, string ModelVersion, DateTimeOffset? InputsAsOf, DateTimeOffset? ComputedAt);

    private static CustomerPart CustomerOf(CustomerRecord record) => new(
        record.CustomerId, record.Version, record.Number, record.DisplayName, Text(record.Email), Text(record.Phone), record.Language, Text(record.City),
        record.LifecycleStage, [.. record.Tags], Instant(record.RegisteredAt),
        [.. record.Consents.Select(consent => new ConsentItem(consent.Channel, consent.Purpose, consent.Granted, Instant(consent.EffectiveAt)))]);

    private static List<TimelineItem> TimelineOf(GetTimelineResponse response) =>
    [
        .. response.Entries.Select(entry => new TimelineItem(
            entry.EntryId, Instant(entry.OccurredAt), entry.Kind, entry.SourceService, Text(entry.SubjectRef), entry.SummaryKey, entry.Args.ToDictionary())),
    ];

    private static PurchasesPart PurchasesOf(GetPurchaseSummaryResponse response) => new(
        response.PurchaseCount, [.. response.Totals.Select(AmountOf)], Instant(response.FirstPurchasedAt), Instant(response.LastPurchasedAt),
        [
            .. response.Latest.Select(purchase => new PurchaseItem(
                purchase.PurchaseId, Instant(purchase.PurchasedAt), purchase.Total is null ? null : AmountOf(purchase.Total), purchase.LineCount,
                purchase.Source, purchase.SourceId, purchase.Returned)),
        ]);

    private static CasesPart CasesOf(ListCasesResponse response) => new(
        response.OpenCount,
        [
            .. response.Cases.Select(item => new CaseItem(
                item.CaseId, item.Number, item.Type, item.Priority, item.Status, item.Subject, Instant(item.OpenedAt), Instant(item.ResolvedAt))),
        ]);

    private static LoyaltyPart MembershipOf(GetMembershipResponse response) => new(
        response.MemberId, response.MemberNumber, response.AvailablePoints, response.LifetimePoints, Instant(response.EnrolledAt),
        [.. response.Cards.Select(card => new CardItem(card.CardId, card.NumberEnd, card.Status))]);

    private static List<DeliveryItem> DeliveriesOf(ListDeliveriesResponse response) =>
    [
        .. response.Deliveries.Select(delivery => new DeliveryItem(
            delivery.CampaignId, delivery.CampaignName, delivery.Channel, delivery.State,
            Instant(delivery.SentAt), Instant(delivery.FirstOpenedAt), Instant(delivery.FirstClickedAt))),
    ];

    private static ValuePart ValueOf(GetCustomerValueResponse response) => new(
        response.RecencyScore, response.FrequencyScore, response.MonetaryScore, response.ProbabilityAlive, response.ExpectedPurchases,
        response.ClvMinor / MinorUnits(response.Currency), response.Currency, response.ClvPercentile, response.ModelVersion,
        Instant(response.InputsAsOf), Instant(response.ComputedAt));

    /// <summary>Minor units in a unit, by the exponents of ISO 4217 (the rupiah has two on paper).</summary>
    private static decimal MinorUnits(string currency) => currency switch
    {
        "BIF" or "CLP" or "DJF" or "GNF" or "ISK" or "JPY" or "KMF" or "KRW" or "PYG" or "RWF" or "UGX" or "UYI" or "VND" or "VUV" or "XAF" or "XOF" or "XPF" => 1,
        "BHD" or "IQD" or "JOD" or "KWD" or "LYD" or "OMR" or "TND" => 1000,
        _ => 100,
    };

    private static MoneyAmount AmountOf(Money money) => new(money.Units + (money.Nanos / 1_000_000_000m), money.Currency);

    private static DateTimeOffset? Instant(Timestamp? timestamp) => timestamp?.ToDateTimeOffset();

    private static string? Text(string value) => value.Length == 0 ? null : value;
}
