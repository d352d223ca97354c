using System.Reflection;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Sales.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.Contracts.Tests;

/// <summary>Every event and proto that a service shows to others.</summary>
internal static class Contracts
{
    public static readonly Assembly[] Assemblies =
    [
        typeof(CustomersRegistered).Assembly, typeof(PurchasesRecorded).Assembly, typeof(CaseChanged).Assembly,
        typeof(PointsPosted).Assembly, typeof(MessagesSent).Assembly, typeof(CustomersScored).Assembly,
    ];

    public static IEnumerable<Type> Events => Assemblies.SelectMany(assembly => assembly.GetExportedTypes())
        .Where(type => type.Namespace?.Contains(".Events.", StringComparison.Ordinal) == true && type.GetProperty("EventId") is not null)
        .OrderBy(type => type.FullName, StringComparer.Ordinal);
}
