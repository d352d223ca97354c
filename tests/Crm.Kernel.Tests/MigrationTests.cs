using Crm.ServiceDefaults.Postgres;
using Crm.Testing;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Crm.Kernel.Tests;

public sealed class MigrationTests
{
    [Fact]
    public async Task Many_replicas_may_migrate_at_once_and_a_changed_migration_is_refused()
    {
        await using var servers = await IsolatedServers.CreateAsync("migration");
        await using var database = NpgsqlDataSource.Create(servers.Postgres);
        Migrator New() => new(database, new MigrationSource(typeof(Crm.Kernel.Sample.Note).Assembly), NullLogger<Migrator>.Instance);

        Assert.False(await New().CheckAsync(default));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => New().RunAsync(default)));
        Assert.True(await New().CheckAsync(default));

        await using var connection = await database.OpenConnectionAsync();
        Assert.Equal(2, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM schema_migration"));
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM notes"));

        await connection.ExecuteAsync("UPDATE schema_migration SET checksum = 'other' WHERE name = '0001_notes.sql'");
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => New().RunAsync(default));
        Assert.Contains("0001_notes.sql", refusal.Message);
    }
}
