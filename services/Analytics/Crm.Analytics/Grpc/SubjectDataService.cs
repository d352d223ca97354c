using Crm.PersonalData;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Grpc;

/// <summary>What Analytics holds about a person.</summary>
internal sealed class SubjectDataService(UnitOfWork unitOfWork) : PersonalDataExport(unitOfWork)
{
    protected override IReadOnlyList<(string Column, string Keys)> Owners { get; } =
    [
        ("customer_id", "SELECT unnest(@ids)"),
        ("subject_id", "SELECT unnest(@ids)::text"),
    ];

    protected override IReadOnlyList<string> Hidden { get; } = ["cost", "margin"];
}
