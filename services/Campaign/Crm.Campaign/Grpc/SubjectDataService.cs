using Crm.PersonalData;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Grpc;

/// <summary>What Campaign holds about a person.</summary>
internal sealed class SubjectDataService(UnitOfWork unitOfWork) : PersonalDataExport(unitOfWork)
{
    protected override IReadOnlyList<(string Column, string Keys)> Owners { get; } =
    [
        ("customer_id", "SELECT unnest(@ids)"),
        ("delivery_id", "SELECT delivery_id FROM deliveries WHERE customer_id = ANY(@ids)"),
        ("task_id", "SELECT id FROM call_tasks WHERE customer_id = ANY(@ids)"),
        ("address", "SELECT unnest(ARRAY[lower(email), phone]) FROM audience WHERE customer_id = ANY(@ids)"),
    ];

    protected override IReadOnlyList<string> Hidden { get; } = ["digest", "raw"];
}
