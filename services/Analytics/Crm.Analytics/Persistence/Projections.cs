using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>
/// Everything that is made of the event log, and how an event of it becomes rows: the consumers use it for events as they come, a rebuild
/// for those of the log. Every projection is idempotent and independent of the order.
/// </summary>
public sealed class Projections(UnitOfWork unitOfWork, PurchaseDays days, ValueFacts facts, CampaignAssignments assignments)
{
    /// <summary>Tables that a rebuild drops and makes anew. Scores and jobs are results, not projections.</summary>
    public static readonly string[] Tables =
    [
        "purchases", "purchase_returns", "customers", "purchase_days", "customer_features", "purchase_histogram", "order_lines", "returned_order_lines",
        "survey_answers", "customer_costs", "referrals", "feedback_items", "feedback_benefits", "registered_customers", "campaigns", "campaign_assignments",
    ];

    private static readonly Dictionary<string, Type> ByName =
        new[] { typeof(PurchasesRecorded), typeof(PurchaseReturned), typeof(CampaignAssigned), typeof(CustomersRegistered), typeof(ValueFactsRecorded) }.ToDictionary(EventTypes.NameOf);

    public static IReadOnlyCollection<string> Types => ByName.Keys;

    public Task ApplyAsync(string type, string payload, CancellationToken cancellationToken) =>
        ByName.TryGetValue(type, out var known) ? ApplyAsync(JsonSerializer.Deserialize(payload, known, EventTypes.Json)!, cancellationToken) : Task.CompletedTask;

    public async Task ApplyAsync(object message, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case PurchasesRecorded recorded:
                await days.RecordAsync(recorded.Purchases, cancellationToken);
                await facts.RecordLinesAsync(recorded.Purchases, cancellationToken);
                break;
            case PurchaseReturned returned:
                await days.ReturnAsync(returned, cancellationToken);
                await facts.ReturnLinesAsync(returned, cancellationToken);
                break;
            case CampaignAssigned assigned:
                await assignments.RecordAsync(assigned, cancellationToken);
                break;
            case CustomersRegistered registered:
                await facts.RegisterAsync(registered.Customers.Select(customer => customer.CustomerId), registered.OccurredAt, cancellationToken);
                break;
            case ValueFactsRecorded recorded:
                await facts.RecordAsync(recorded, cancellationToken);
                break;
        }
    }

    public Task DropAsync(CancellationToken cancellationToken) => unitOfWork.ExecuteAsync($"TRUNCATE {string.Join(", ", Tables)}", null, cancellationToken);
}
