using Crm.PersonalData;
using Crm.ServiceDefaults.Postgres;

namespace Crm.ServiceDesk.Grpc;

/// <summary>What Service holds about a person.</summary>
internal sealed class SubjectDataService(UnitOfWork unitOfWork) : PersonalDataExport(unitOfWork)
{
    protected override IReadOnlyList<(string Column, string Keys)> Owners { get; } =
    [
        ("customer_id", "SELECT unnest(@ids)"),
        ("case_id", "SELECT id FROM cases WHERE customer_id = ANY(@ids)"),
    ];

    protected override IReadOnlyList<string> Hidden { get; } = [];
}
