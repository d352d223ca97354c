using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Dapper;
using Grpc.Core;

namespace Crm.PersonalData;

/// <summary>
/// What a service holds about a person, for their right of access (UU PDP article 7, GDPR article 15). Which tables that are is read from
/// the schema: every one that has a column of <see cref="Owners"/>, so that what is added tomorrow is told as well. A view is read where its comment
/// begins with "personal data".
/// </summary>
public abstract class PersonalDataExport(UnitOfWork unitOfWork) : SubjectData.SubjectDataBase
{
    /// <summary>
    /// The columns that say whose a row is, and a query of the person's keys in them, given their customer ids as <c>@ids</c>; of several
    /// that a table has, the first.
    /// </summary>
    protected abstract IReadOnlyList<(string Column, string Keys)> Owners { get; }

    /// <summary>Columns about the business or the machine, not about the person: they are left out.</summary>
    protected abstract IReadOnlyList<string> Hidden { get; }

    public override async Task Export(ExportSubjectRequest request, IServerStreamWriter<SubjectRow> responseStream, ServerCallContext context)
    {
        var cancellationToken = context.CancellationToken;
        var ids = request.CustomerIds.Select(ParseId).ToArray();
        var hidden = Hidden.ToArray();
        foreach (var (table, owner) in await TablesAsync(cancellationToken))
        {
            var connection = await unitOfWork.OpenAsync(cancellationToken);
            var sql = $"SELECT (to_jsonb(t) - @hidden)::text FROM {table} t WHERE t.{Owners[owner].Column} IN ({Owners[owner].Keys})";
            await foreach (var json in connection.QueryUnbufferedAsync<string>(sql, new { ids, hidden }).WithCancellation(cancellationToken))
            {
                await responseStream.WriteAsync(new SubjectRow { Part = table, Json = json }, cancellationToken);
            }
        }
    }

    private Task<IReadOnlyList<(string Table, int Owner)>> TablesAsync(CancellationToken cancellationToken) => unitOfWork.QueryAsync<(string Table, int Owner)>(
        """
        SELECT quote_ident(c.relname), min(k.n)::int - 1
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN unnest(@columns) WITH ORDINALITY AS k (name, n) ON a.attname = k.name
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND NOT a.attisdropped
            AND (c.relkind IN ('r', 'p') OR (c.relkind = 'v' AND starts_with(obj_description(c.oid, 'pg_class'), 'personal data')))
        GROUP BY c.relname ORDER BY c.relname
        """,
        new { columns = Owners.Select(owner => owner.Column).ToArray() },
        cancellationToken);

    private static Guid ParseId(string id) =>
        Guid.TryParse(id, out var parsed) ? parsed : throw new ErrorException(Error.Invalid("request.malformed", "customer_ids holds what is not a UUID.", "customer_ids"));
}
