using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Contracts.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.ServiceDesk.Grpc;

/// <summary>What the gateway's view of a customer shows of their cases.</summary>
internal sealed class CaseReadsService(UnitOfWork unitOfWork) : CaseReads.CaseReadsBase
{
    public override async Task<ListCasesResponse> ListCases(ListCasesRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CustomerId, out var customerId))
        {
            throw new ErrorException(Error.Invalid("request.malformed", "customer_id is not a UUID.", "customer_id"));
        }

        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT id, number, type, priority, status, subject, opened_at, resolved_at, count(*) FILTER (WHERE status <> 'Resolved') OVER () AS open_count
            FROM cases WHERE customer_id = @customerId ORDER BY status = 'Resolved', id DESC LIMIT @limit
            """,
            new { customerId, limit = Math.Clamp(request.Limit, 1, 50) },
            context.CancellationToken);
        var response = new ListCasesResponse { OpenCount = rows.Count == 0 ? 0 : (int)rows[0].OpenCount };
        response.Cases.AddRange(rows.Select(row => new CaseOverview
        {
            CaseId = row.Id.ToString(),
            Number = row.Number,
            Type = row.Type,
            Priority = row.Priority,
            Status = row.Status,
            Subject = row.Subject,
            OpenedAt = row.OpenedAt.ToTimestamp(),
            ResolvedAt = row.ResolvedAt?.ToTimestamp(),
        }));
        return response;
    }

    private sealed record Row(
        Guid Id, string Number, string Type, string Priority, string Status, string Subject, DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, long OpenCount);
}
