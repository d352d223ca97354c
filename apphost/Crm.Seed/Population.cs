using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.V1;

namespace Crm.Seed;

/// <summary>Everything that a run brings to the platform. The same population has the same keys, so loading it twice changes nothing.</summary>
/// <param name="Source">Name of the system that customers and purchases come from.</param>
/// <param name="Currency">ISO 4217, of all purchases.</param>
/// <param name="Members">Whom to enrol in the loyalty programme, by key at the source.</param>
/// <param name="CardHolders">Members who get a reward card.</param>
internal sealed record Population(
    string Source,
    string Currency,
    IReadOnlyList<Product> Products,
    IReadOnlyList<ImportedCustomer> Customers,
    IReadOnlyList<PurchaseRecord> Purchases,
    IReadOnlyList<string> Members,
    IReadOnlyList<string> CardHolders,
    IReadOnlyList<PlannedReturn> Returns,
    IReadOnlyList<PlannedCase> Cases,
    IReadOnlyList<PlannedAnswer> Answers,
    IReadOnlyList<PlannedAccount> Accounts,
    bool WithMarketing);

/// <param name="Cost">Cost of goods of one unit.</param>
internal sealed record Product(string Sku, string Name, string Category, decimal Price, decimal Cost);

/// <param name="PurchaseId">Key of the purchase at the source.</param>
/// <param name="Line">From 1.</param>
internal sealed record PlannedReturn(string PurchaseId, int Line, decimal Quantity, string Reason, DateTimeOffset ReturnedAt);

/// <summary>A matter of a customer and how far it came: each of the optional parts is a step of the case.</summary>
internal sealed record PlannedCase(
    string CustomerId, string Subject, string Description, string Type, string Priority, string Channel,
    string? Assignee = null, string? Comment = null, string? Resolution = null);

/// <param name="Kind">nps (0 to 10) or csat (1 to 5).</param>
/// <param name="Wave">Round in which it was asked.</param>
internal sealed record PlannedAnswer(string CustomerId, string Kind, string Wave, int Score, DateTimeOffset AnsweredAt);

/// <param name="Parent">Name of the account above, which comes earlier in the list.</param>
/// <param name="Contacts">The first is the primary one.</param>
internal sealed record PlannedAccount(string Kind, string Name, string Industry, string City, string? Parent, IReadOnlyList<(string CustomerId, string Role)> Contacts);
