using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Crm.ServiceDefaults.Postgres;

/// <summary>Assembly whose embedded <c>*.Migrations.NNNN_name.sql</c> resources belong to this service.</summary>
public sealed record MigrationSource(Assembly Assembly);

/// <summary>
/// Applies plain SQL migrations in order of their number, each once, under an advisory lock, so that any number of replicas may try.
/// The kernel's own tables come first. An applied migration must never change: its checksum is compared at every run.
/// </summary>
public sealed partial class Migrator(NpgsqlDataSource database, MigrationSource source, ILogger<Migrator> log)
{
    private const long LockKey = 0x43524D4D49475241; // "CRMMIGRA"

    /// <summary>The release before is at work: a change that has to wait for its transactions lets everybody pass who came after, and tries again.</summary>
    private static readonly ResiliencePipeline UntilUnlocked = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
    {
        ShouldHandle = new PredicateBuilder().Handle<PostgresException>(exception => exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected),
        MaxRetryAttempts = 600, Delay = TimeSpan.FromSeconds(0.5), UseJitter = true,
    }).Build();

    /// <summary>True once this process has seen the schema at the version it needs.</summary>
    public bool IsUpToDate { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync("SELECT pg_advisory_lock(@LockKey)", new { LockKey });
        try
        {
            await connection.ExecuteAsync(
                "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
            var applied = (await connection.QueryAsync<(string Name, string Checksum)>("SELECT name, checksum FROM schema_migration"))
                .ToDictionary(row => row.Name, row => row.Checksum);
            foreach (var (name, sql) in Scripts())
            {
                var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
                if (applied.TryGetValue(name, out var known))
                {
                    if (known != checksum) throw new InvalidOperationException($"Migration {name} was changed after it had been applied. Write a new one.");
                    continue;
                }

                await UntilUnlocked.ExecuteAsync(async stop =>
                {
                    await using var transaction = await connection.BeginTransactionAsync(stop);
                    await connection.ExecuteAsync(new CommandDefinition("SET LOCAL lock_timeout = '300ms';" + sql, transaction: transaction, commandTimeout: 600, cancellationToken: stop));
                    await connection.ExecuteAsync("INSERT INTO schema_migration (name, checksum) VALUES (@name, @checksum)", new { name, checksum }, transaction);
                    await transaction.CommitAsync(stop);
                }, cancellationToken);
                Applied(log, name);
            }

            IsUpToDate = true;
        }
        finally
        {
            await connection.ExecuteAsync("SELECT pg_advisory_unlock(@LockKey)", new { LockKey });
        }
    }

    /// <summary>Whether every migration that this build knows has been applied (by whomever).</summary>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        if (IsUpToDate) return true;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        if (await connection.ExecuteScalarAsync<string?>("SELECT to_regclass('schema_migration')::text") is null) return false;
        var applied = (await connection.QueryAsync<string>("SELECT name FROM schema_migration")).ToHashSet();
        return IsUpToDate = Scripts().All(script => applied.Contains(script.Name));
    }

    private IEnumerable<(string Name, string Sql)> Scripts() =>
        Scripts(typeof(Migrator).Assembly, "kernel/").Concat(Scripts(source.Assembly, ""));

    private static IEnumerable<(string Name, string Sql)> Scripts(Assembly assembly, string prefix) =>
        from resource in assembly.GetManifestResourceNames()
        where resource.Contains(".Migrations.", StringComparison.Ordinal) && resource.EndsWith(".sql", StringComparison.Ordinal)
        let name = resource[(resource.IndexOf(".Migrations.", StringComparison.Ordinal) + ".Migrations.".Length)..]
        orderby name
        select (prefix + name, Read(assembly, resource));

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    [LoggerMessage(LogLevel.Information, "Migration {Name} applied")]
    private static partial void Applied(ILogger log, string name);
}

/// <summary>Runs before the listeners open and the consumers start (hosted services start in order of registration).</summary>
internal sealed class MigrateOnStart(Migrator migrator, IOptions<PostgresOptions> options) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        options.Value.MigrateOnStart ? migrator.RunAsync(cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
