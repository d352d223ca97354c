using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.Analytics.Persistence;

/// <summary>
/// Everything that is made of the event log, and how an event of it becomes rows: the consumers use it for events as they come, a rebuild
/// for those of the log. Every projection is idempotent and independent of the order.
/// </summary>
public sealed class Projections(
    UnitOfWork unitOfWork, PurchaseDays days, Baskets baskets, ValueFacts facts, CampaignAssignments assignments, ContactRules contacts, FeedbackStore feedback,
    SyntheticCustomers synthetic)
{
    /// <summary>
    /// Tables that a rebuild empties and makes anew. Scores and jobs are results, not projections. Consents and messages sent are replayed
    /// onto what is there: while they were missing, somebody who refused could be approached. So are the subjects of cases, since the rest
    /// of "feedback" is not in the log.
    /// </summary>
    public static readonly string[] Tables =
    [
        "purchases", "purchase_returns", "customers", "purchase_days", "customer_features", "purchase_histogram", "basket_lines", "returned_lines",
        "survey_answers", "customer_costs", "referrals", "feedback_items", "feedback_benefits", "registered_customers", "campaigns", "campaign_assignments",
    ];

    private static readonly Dictionary<string, Type> ByName =
        new[]
        {
            typeof(PurchasesRecorded), typeof(PurchaseReturned), typeof(CampaignAssigned), typeof(CustomersRegistered), typeof(CustomersChanged), typeof(ConsentChanged),
            typeof(MessagesSent), typeof(CaseChanged), typeof(ValueFactsRecorded),
        }.ToDictionary(EventTypes.NameOf);

    public static IReadOnlyCollection<string> Types => ByName.Keys;

    public Task ApplyAsync(string type, string payload, CancellationToken cancellationToken) =>
        ByName.TryGetValue(type, out var known) ? ApplyAsync(JsonSerializer.Deserialize(payload, known, EventTypes.Json)!, cancellationToken) : Task.CompletedTask;

    public async Task ApplyAsync(object message, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case PurchasesRecorded recorded:
                await synthetic.MarkAsync(recorded.Purchases, cancellationToken);
                await days.RecordAsync(recorded.Purchases, cancellationToken);
                await baskets.RecordAsync(recorded.Purchases, cancellationToken);
                break;
            case PurchaseReturned returned:
                await days.ReturnAsync(returned, cancellationToken);
                await baskets.ReturnAsync(returned, cancellationToken);
                break;
            case CampaignAssigned assigned:
                await assignments.RecordAsync(assigned, cancellationToken);
                break;
            case CustomersRegistered registered:
                await synthetic.MarkAsync(registered.Customers, cancellationToken);
                await facts.RegisterAsync(registered.Customers.Select(customer => customer.CustomerId), registered.OccurredAt, cancellationToken);
                await contacts.RecordAsync(registered.Customers, cancellationToken);
                break;
            case CustomersChanged changed:
                await synthetic.MarkAsync(changed.Customers, cancellationToken);
                await contacts.RecordAsync(changed.Customers, cancellationToken);
                break;
            case ConsentChanged changed:
                await contacts.RecordAsync([(changed.CustomerId, changed.Consent)], cancellationToken);
                break;
            case MessagesSent sent:
                await contacts.RecordAsync(sent, cancellationToken);
                break;
            // What a case is about is the customer's voice too; cases that a journey opened are not.
            case CaseChanged changed when changed.Channel != "journey" && !string.IsNullOrWhiteSpace(changed.Subject):
                await feedback.RecordAsync(
                    [new SpokenText("case", changed.CaseId.ToString(), changed.CustomerId, changed.Channel, null, changed.OpenedAt, changed.Subject)], cancellationToken);
                break;
            case ValueFactsRecorded recorded:
                await facts.RecordAsync(recorded, cancellationToken);
                break;
        }
    }

    public Task DropAsync(CancellationToken cancellationToken) => unitOfWork.ExecuteAsync($"TRUNCATE {string.Join(", ", Tables)}", null, cancellationToken);
}
