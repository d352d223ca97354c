using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>Which of some customers are in which of some segments now, as the segments are now.</summary>
internal static class SegmentMembership
{
    public static async Task<Dictionary<Guid, HashSet<Guid>>> OfAsync(
        IReadOnlyList<Guid> segments, IReadOnlyCollection<Guid> customers, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var members = new Dictionary<Guid, HashSet<Guid>>();
        var rows = await unitOfWork.QueryAsync<Row>(
            "SELECT id, coalesce(expanded, criteria)::text AS criteria FROM segments WHERE id = ANY(@ids)", new { ids = segments.ToArray() }, cancellationToken);
        foreach (var row in rows)
        {
            var compiled = CriteriaCompiler.Compile(CriteriaParser.ParseStored(row.Criteria), now);
            compiled.Parameters.Add("customers", customers.ToArray());
            var found = await unitOfWork.QueryAsync<Guid>(
                $"SELECT a.customer_id FROM audience a WHERE a.customer_id = ANY(@customers) AND a.profile_version IS NOT NULL AND {compiled.Sql}",
                compiled.Parameters,
                cancellationToken);
            foreach (var customer in found)
            {
                if (!members.TryGetValue(customer, out var ofCustomer)) members[customer] = ofCustomer = [];
                ofCustomer.Add(row.Id);
            }
        }

        return members;
    }

    private sealed record Row(Guid Id, string Criteria);
}
