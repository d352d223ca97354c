using Dapper;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <summary>
/// A job reads whole tables, often right after a load. PostgreSQL notices a load up to a minute later (autovacuum_naptime); planned before,
/// a join of a hundred thousand rows runs for minutes as if it had none. So tables of which a tenth has changed since are analysed first.
/// Outside of any transaction: another replica that does the same waits for a sample, not for the job.
/// </summary>
internal sealed class PlannerStatistics(NpgsqlDataSource database)
{
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var stale = await connection.QueryAsync<string>(new CommandDefinition(
            """
            SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables
            WHERE n_mod_since_analyze > 1000 AND n_mod_since_analyze > n_live_tup / 10 ORDER BY relid
            """,
            cancellationToken: cancellationToken));
        foreach (var table in stale) await connection.ExecuteAsync(new CommandDefinition($"ANALYZE {table}", cancellationToken: cancellationToken));
    }
}
