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
        Assert.Equal(4, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM schema_migration"));
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM notes"));

        await connection.ExecuteAsync("UPDATE schema_migration SET checksum = 'other' WHERE name = '0001_notes.sql'");
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => New().RunAsync(default));
        Assert.Contains("0001_notes.sql", refusal.Message);
    }

    [Fact]
    public async Task A_migration_that_waits_for_the_release_before_holds_up_nobody_and_is_applied_in_the_end()
    {
        await using var servers = await IsolatedServers.CreateAsync("migration");
        await using var database = NpgsqlDataSource.Create(servers.Postgres);
        Migrator New() => new(database, new MigrationSource(typeof(Crm.Kernel.Sample.Note).Assembly), NullLogger<Migrator>.Instance);
        await New().RunAsync(default);
        await using var writer = await database.OpenConnectionAsync();
        await writer.ExecuteAsync("ALTER TABLE notes DROP CONSTRAINT stars_are_few; DELETE FROM schema_migration WHERE name = '0002_stars.sql'");

        await using var writing = await writer.BeginTransactionAsync();
        await writer.ExecuteAsync("INSERT INTO notes (id, text, stars, version) VALUES (gen_random_uuid(), 'long', 1, 1)", transaction: writing);
        var migrating = New().RunAsync(default);
        await using var another = await database.OpenConnectionAsync();
        await Eventually.Holds(async () => Assert.True(await another.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'notes'::regclass AND NOT granted)")));
        // Would queue behind the migration for as long as that waits.
        await another.ExecuteAsync("SET statement_timeout = '2s'; INSERT INTO notes (id, text, stars, version) VALUES (gen_random_uuid(), 'meanwhile', 1, 1)");
        Assert.False(migrating.IsCompleted);

        await writing.CommitAsync();
        await migrating;
        Assert.Equal(2, await another.ExecuteScalarAsync<long>("SELECT count(*) FROM notes"));
        Assert.True(await another.ExecuteScalarAsync<bool>("SELECT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'stars_are_few')"));
    }
}
