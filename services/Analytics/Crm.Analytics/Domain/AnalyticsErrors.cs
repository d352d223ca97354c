using Crm.ServiceDefaults.Errors;

namespace Crm.Analytics.Domain;

internal static class AnalyticsErrors
{
    public static readonly Error NotScored = Error.NotFound("analytics.not_scored", "This customer has no scores: no purchase yet, or none since the models were fitted.");
    public static readonly Error CampaignNotMeasured = Error.NotFound("analytics.campaign_not_measured", "There is no such campaign, or it has neither hold-out nor variants.");
    public static readonly Error JobNotFound = Error.NotFound("analytics.job_not_found", "There is no such job.");
    public static readonly Error NoPurchases = Error.Unprocessable("analytics.no_purchases", "No customer has bought anything yet.");
    public static readonly Error NoModelFit = Error.Conflict("analytics.no_model_fit", "There is no finished fit of the models. Start one first.", "modelFitId");
    public static readonly Error UnknownModelFit = Error.Unprocessable("analytics.unknown_model_fit", "There is no such finished fit of the models in this currency.", "modelFitId");
    public static readonly Error UnknownSort = Error.Invalid("analytics.unknown_sort", "sort is one of clv, pAlive, expectedPurchases, rfm.", "sort");
    public static readonly Error UnknownOrder = Error.Invalid("analytics.unknown_order", "order is asc or desc.", "order");
    public static readonly Error PercentileOutOfRange = Error.Invalid("analytics.percentile_out_of_range", "A percentile is from 0 to 1.", "minClvPercentile");
    public static readonly Error UnknownGrid = Error.Invalid("analytics.unknown_grid", "cells is 25 (recency by value) or 125 (recency by frequency by monetary).", "cells");
    public static readonly Error EmptyPeriod = Error.Invalid("analytics.empty_period", "from must be before to.", "from");
    public static readonly Error UnknownEventType = Error.Invalid("analytics.unknown_event_type", "There is no such type of event.", "type");
    public static readonly Error CurrencyInvalid = Error.Invalid("analytics.currency_invalid", "A currency is three capital letters (ISO 4217).", "currency");

    public static readonly Error NoBaskets = Error.Unprocessable("analytics.no_baskets", "No purchase with lines is known in this currency and period.");
    public static readonly Error UnknownChannel = Error.Invalid("analytics.unknown_channel", "channel is one of store, inbound, email, sms, phone, post, push.", "channel");

    public static readonly Error AlertNotFound = Error.NotFound("analytics.alert_not_found", "There is no such alert.");
    public static readonly Error AlertDecided = Error.Conflict("analytics.alert_not_open", "This alert was decided on or has expired.");
    public static readonly Error DismissalNeedsReason = Error.Invalid("analytics.reason_required", "Tell why the alert is dismissed.", "reason");
    public static readonly Error UnknownAlertKind = Error.Invalid("analytics.unknown_alert_kind", "There is no such kind of alert.", "kind");
    public static readonly Error UnknownAlertState = Error.Invalid("analytics.unknown_alert_state", "state is one of open, acted, dismissed, expired.", "state");

    public static readonly Error ProductIssueNotFound = Error.NotFound("analytics.product_issue_not_found", "There is no such product issue.");
    public static readonly Error ProductIssueClosed = Error.Conflict("analytics.product_issue_closed", "This product issue is closed.");

    public static Error UnknownDimension(IReadOnlyCollection<string> known) =>
        Error.Invalid("analytics.unknown_dimension", "groupBy is one of " + string.Join(", ", known) + ".", "groupBy");

    public static readonly Error DecisionNotFound = Error.NotFound("analytics.decision_not_found", "There is no such decision.");
    public static readonly Error DecisionReviewed = Error.Conflict("analytics.decision_reviewed", "This decision has been reviewed.");
    public static readonly Error DecisionStale = Error.Stale("analytics.decision_stale", "This decision has changed since you saw it.");
    public static readonly Error ReportNotFound = Error.NotFound("analytics.report_not_found", "There is no such saved report.");
    public static readonly Error ReportStale = Error.Stale("analytics.report_stale", "This report has changed since you saw it.");
    public static readonly Error OutputNotFound = Error.NotFound("analytics.report_output_not_found", "There is no such run, it is not over, or it failed.");
    public static readonly Error TargetExists = Error.Conflict("analytics.target_exists", "The unit has a target of this measure for this period.", "unit");

    public static Error TooFewToSegment(int customers, int least) =>
        Error.Unprocessable("analytics.too_few_to_segment", $"Segments need {least} scored customers; there are {customers}.");

    public static Error InTheFuture(string field) => Error.Unprocessable("analytics.date_in_future", "This date has not come yet.", field);

    public static Error TooFewCustomers(long customers, long repeatBuyers, int least) => Error.Unprocessable(
        "analytics.too_few_customers", $"A fit needs {least} customers with 2 repeat buyers who spent something; there are {customers} with {repeatBuyers}.");
}
