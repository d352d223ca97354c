namespace Crm.Customer;

/// <summary>Customer's long work, for the operations desk.</summary>
internal static class CustomerJobs
{
    public const string Sql =
        """
        SELECT id, CASE WHEN dry_run THEN 'import-check' ELSE 'import' END AS kind,
            CASE WHEN state = 'waiting' THEN 'queued' WHEN state IN ('running', 'undoing') THEN 'running' WHEN state = 'failed' THEN 'failed' ELSE 'succeeded' END AS state,
            bytes_read AS done, size AS total, started_by, created_at, finished_at, error_code AS error
        FROM import_jobs
        UNION ALL
        SELECT id, 'duplicate-scan', CASE phase WHEN 'done' THEN 'succeeded' ELSE 'running' END, customers, total, requested_by, started_at, finished_at, NULL
        FROM duplicate_scans
        """;
}
