using Aspire.Hosting;
using Npgsql;

namespace Crm.Bench;

/// <summary>PostgreSQL through the app model: its own for this run, or the one that CRM_POSTGRES names.</summary>
internal sealed class PostgresServer(DistributedApplication application, string connectionString) : IAsyncDisposable
{
    private readonly List<string> _databases = [];

    public static async Task<PostgresServer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable("CRM_HOME", folder);
        var builder = DistributedApplication.CreateBuilder([]);
        var postgres = builder.AddPostgres("postgres");
        var application = builder.Build();
        await application.StartAsync(cancellationToken);
        return new PostgresServer(application, (await postgres.Resource.GetConnectionStringAsync(cancellationToken))!);
    }

    public async Task<NpgsqlDataSource> CreateDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        await using (var server = NpgsqlDataSource.Create(connectionString))
        {
            await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE); CREATE DATABASE {name}", cancellationToken);
        }

        _databases.Add(name);
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Database = name, PersistSecurityInfo = true, CommandTimeout = 300 });
    }

    public async ValueTask DisposeAsync()
    {
        await using (var server = NpgsqlDataSource.Create(connectionString))
        {
            foreach (var name in _databases) await ExecuteAsync(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)", CancellationToken.None);
        }

        await application.StopAsync(CancellationToken.None);
        await application.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = database.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
