using Crm.PersonalData;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Sales.Grpc;

/// <summary>What Sales holds about a person.</summary>
internal sealed class SubjectDataService(UnitOfWork unitOfWork) : PersonalDataExport(unitOfWork)
{
    protected override IReadOnlyList<(string Column, string Keys)> Owners { get; } =
    [
        ("customer_id", "SELECT unnest(@ids)"),
        ("purchase_id", "SELECT id FROM purchases WHERE customer_id = ANY(@ids)"),
        ("return_id", "SELECT r.id FROM returns r JOIN purchases p ON p.id = r.purchase_id WHERE p.customer_id = ANY(@ids)"),
    ];

    protected override IReadOnlyList<string> Hidden { get; } = ["content_hash", "cost"];
}
