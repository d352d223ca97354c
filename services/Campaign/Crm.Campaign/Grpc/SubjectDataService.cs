using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Dapper;
using Grpc.Core;

namespace Crm.Campaign.Grpc;

/// <summary>
/// What Campaign holds about a person, for their right of access. Which tables that are is read from the schema (every table that has one of the columns below), so that
/// what is added tomorrow is told as well.
/// </summary>
internal sealed class SubjectDataService(UnitOfWork unitOfWork) : SubjectData.SubjectDataBase
{
    /// <summary>The columns that say whose a row is, and the person's keys in them; of several that a table has, the first.</summary>
    private static readonly (string Column, string Keys)[] Owners =
    [
        ("customer_id", "SELECT unnest(@ids)"),
        ("delivery_id", "SELECT delivery_id FROM deliveries WHERE customer_id = ANY(@ids)"),
        ("task_id", "SELECT id FROM call_tasks WHERE customer_id = ANY(@ids)"),
        ("address", "SELECT unnest(ARRAY[lower(email), phone]) FROM audience WHERE customer_id = ANY(@ids)"),
    ];

    /// <summary>About the business or the machine, not about the person.</summary>
    private static readonly string[] Hidden = ["digest", "raw"];

    public override async Task Export(ExportSubjectRequest request, IServerStreamWriter<SubjectRow> responseStream, ServerCallContext context)
    {
        var cancellationToken = context.CancellationToken;
        var ids = request.CustomerIds.Select(id => Guid.TryParse(id, out var parsed) ? parsed : throw new ErrorException(Error.Invalid("request.malformed", "customer_ids holds what is not a UUID.", "customer_ids"))).ToArray();
        var tables = await unitOfWork.QueryAsync<(string Name, int Owner)>(
            """
            SELECT quote_ident(c.relname), min(k.n)::int - 1 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN unnest(@columns) WITH ORDINALITY AS k (name, n) ON a.attname = k.name
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT a.attisdropped GROUP BY c.relname ORDER BY c.relname
            """,
            new { columns = Owners.Select(owner => owner.Column).ToArray() },
            cancellationToken);
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        foreach (var (table, owner) in tables)
        {
            var sql = $"SELECT (to_jsonb(t) - @Hidden)::text FROM {table} t WHERE t.{Owners[owner].Column} IN ({Owners[owner].Keys})";
            await foreach (var json in connection.QueryUnbufferedAsync<string>(sql, new { ids, Hidden }).WithCancellation(cancellationToken))
            {
                await responseStream.WriteAsync(new SubjectRow { Part = table, Json = json }, cancellationToken);
            }
        }
    }
}
