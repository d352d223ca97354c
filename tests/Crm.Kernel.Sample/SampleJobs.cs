namespace Crm.Kernel.Sample;

/// <summary>Every note counts as a job that is done.</summary>
internal static class SampleJobs
{
    public const string Sql =
        """
        SELECT id, 'note' AS kind, 'succeeded' AS state, 1::bigint AS done, 1::bigint AS total, text AS started_by,
            timestamptz '2026-01-01' + abs(hashtext(id::text)) * interval '1 second' AS created_at, NULL::timestamptz AS finished_at, NULL::text AS error
        FROM notes
        """;
}
