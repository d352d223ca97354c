using System.Text.Json;
using Crm.Campaign.Features.Segments;

namespace Crm.Campaign.Features.Receipts;

/// <summary>Why somebody got a message, or why not.</summary>
/// <param name="State">planned, sending, sent, failed, skipped, unknown; none: not in the ledger.</param>
/// <param name="Reason">
/// Why it was not sent: no_email, no_consent, suppressed, holdout, ...; without a row in the ledger not_launched, not_reached_yet or not_in_segment.
/// </param>
public sealed record ReceiptResponse(
    Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, string State, string? Reason, Guid? DeliveryId, string? Occasion,
    ReceiptMessage? Message, ReceiptRule Rule, ReceiptConsent? Consent, ReceiptSuppression? Suppression, IReadOnlyList<ReceiptEvent> Responses);

/// <param name="Variant">Of an experiment; null without one.</param>
/// <param name="TemplateVersion">Null for a variant of an experiment: its text as launched is kept with the variant.</param>
/// <param name="Address">What it went to.</param>
/// <param name="Reply">The provider's last answer.</param>
/// <param name="NotBefore">The earliest time that pacing allowed, or of the next attempt.</param>
/// <param name="Timed">Pacing chose the time: quiet hours, the recipient's hour, a warm-up.</param>
/// <param name="ClaimedAt">When consent, suppressions and caps were looked at last.</param>
/// <param name="MessageId">The mail's Message-ID; null on other channels.</param>
public sealed record ReceiptMessage(
    Guid TemplateId, long? TemplateVersion, string Language, string? Variant, string? Address, string? Provider, string? MessageId, int Attempts, string? Reply,
    DateTimeOffset NotBefore, bool Timed, DateTimeOffset? ClaimedAt, DateTimeOffset? SentAt);

/// <param name="Criteria">As launched; null for a campaign that something else than a segment triggers.</param>
/// <param name="TakenAt">When the facts were recorded; null: they are those of now.</param>
public sealed record ReceiptRule(JsonElement? Criteria, DateTimeOffset? TakenAt, IReadOnlyList<ReceiptFact> Facts);

/// <param name="Field">Of <c>GET /segment-fields</c>; <c>list</c> for a static list.</param>
/// <param name="Value">What the criteria compare with; the id of a list.</param>
/// <param name="Actual">The customer's value; null: unknown.</param>
/// <param name="Holds">Null where nothing was recorded.</param>
public sealed record ReceiptFact(string Field, LabelResponse Label, string Op, object? Value, JsonElement? Actual, bool? Holds);

/// <param name="Granted">Whether that decision allowed the message.</param>
/// <param name="Notice">Version of the text that the customer saw; null where Customer told the decision without it.</param>
/// <param name="GrantedNow">What holds at present.</param>
public sealed record ReceiptConsent(
    string Channel, string Purpose, bool Granted, DateTimeOffset? DecidedAt, string? Notice, string? Source, bool GrantedNow, DateTimeOffset? DecidedNowAt);

public sealed record ReceiptSuppression(string Channel, string Reason, DateTimeOffset Since);

/// <param name="Link">Target of a link that was followed.</param>
/// <param name="Verdict">human, machine or bot; null as long as it is not judged.</param>
public sealed record ReceiptEvent(string Kind, DateTimeOffset OccurredAt, string? Link, string? Verdict);
