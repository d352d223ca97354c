using Crm.PersonalData;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Grpc;

/// <summary>What Loyalty holds about a person.</summary>
internal sealed class SubjectDataService(UnitOfWork unitOfWork) : PersonalDataExport(unitOfWork)
{
    protected override IReadOnlyList<(string Column, string Keys)> Owners { get; } =
    [
        ("customer_id", "SELECT unnest(@ids)"),
        ("member_id", "SELECT id FROM members WHERE customer_id = ANY(@ids)"),
        ("lot_id", "SELECT l.id FROM lots l JOIN members m ON m.id = l.member_id WHERE m.customer_id = ANY(@ids)"),
    ];

    protected override IReadOnlyList<string> Hidden { get; } = [];
}
