using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Npgsql;

namespace Aspire.Hosting;

/// <summary>A PostgreSQL server of the distribution's packages with a data directory of its own, on the loopback interface only.</summary>
internal sealed class PostgresServer(PostgresServerResource resource) : LocalRuntime
{
    /// <summary>A socket's path may have 107 bytes; the file's own name takes up to 20 of them.</summary>
    private const int LongestSocketDirectory = 87;

    private string binaries = "";
    private string data = "";
    private OsUser? user;

    public override bool IsServer => true;
    public override bool HasHealthCheck => true;

    public override IEnumerable<string> FindProblems(LocalContext context)
    {
        if (FindBinaries(null) is null)
            yield return "PostgreSQL is not installed (no /usr/lib/postgresql/VERSION/bin/postgres, and none on PATH). Install it: apt-get install postgresql";
        else if (Native.EffectiveUserId() == 0 && !OsUser.Exists("postgres"))
            yield return "there is no user 'postgres', and PostgreSQL refuses to run as root. Install the distribution's package: apt-get install postgresql";
    }

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
    {
        user = OsUser.ForServer("postgres");
        var folder = context.Home.ServerDirectory(resource.Name, user);
        data = Path.Combine(folder, "data");
        var versionFile = Path.Combine(data, "PG_VERSION");
        var version = File.Exists(versionFile) ? (await File.ReadAllTextAsync(versionFile, cancellationToken)).Trim() : null;
        binaries = FindBinaries(version) ?? throw new DistributedApplicationException(
            $"its data in {data} belongs to PostgreSQL {version}, which is not installed. Install it: apt-get install postgresql-{version}");
        if (version is null) await InitialiseAsync(folder, log, cancellationToken);
    }

    public override Task<LaunchPlan> PlanAsync(LocalContext context, int replica, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string>
        {
            ["port"] = resource.PrimaryEndpoint.Port.ToString(CultureInfo.InvariantCulture),
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = data.Length <= LongestSocketDirectory ? data : "",
            ["max_connections"] = "200",
            ["shared_buffers"] = "256MB",
            ["wal_level"] = "replica",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
            // Compiling expressions costs more than the short queries of services gain.
            ["jit"] = "off",
            ["max_wal_size"] = "2GB",
            ["checkpoint_timeout"] = "15min",
            ["logging_collector"] = "off",
            ["log_checkpoints"] = "off",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
        };
        return Task.FromResult(new LaunchPlan(new LaunchSpec(
            Path.Combine(binaries, "postgres"), ["-D", data, .. settings.SelectMany(setting => (string[])["-c", $"{setting.Key}={setting.Value}"])])
        {
            WorkingDirectory = data,
            RunAs = user,
            // SIGINT: "fast" shutdown. SIGTERM would wait until the last client has gone.
            StopSignal = Native.Interrupt,
        }));
    }

    public override async Task CheckAsync(CancellationToken cancellationToken)
        => await PostgresQueries.PingAsync((await resource.GetConnectionStringAsync(cancellationToken))!, cancellationToken);

    private async Task InitialiseAsync(string folder, ResourceLog log, CancellationToken cancellationToken)
    {
        // What an interrupted initdb left is no data directory yet.
        if (Directory.Exists(data)) Directory.Delete(data, recursive: true);
        var passwordFile = Path.Combine(folder, ".initial-password");
        try
        {
            var password = await resource.PasswordParameter.GetValueAsync(cancellationToken);
            await LocalCommand.WritePrivateFileAsync(passwordFile, password!, user, cancellationToken);
            await LocalCommand.RunAsync(new LaunchSpec(Path.Combine(binaries, "initdb"),
            [
                "-D", data, "-U", await resource.UserNameAsync(cancellationToken), "--pwfile", passwordFile, "--auth-host=scram-sha-256", "--auth-local=scram-sha-256",
                "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
            ]) { RunAs = user, WorkingDirectory = folder }, log, cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    /// <summary>The directory of the given major version, or of the newest.</summary>
    private static string? FindBinaries(string? version)
    {
        const string root = "/usr/lib/postgresql";
        var packaged = Directory.Exists(root)
            ? Directory.EnumerateDirectories(root).Select(Path.GetFileName).OfType<string>()
                .Where(v => (version is null || v == version) && File.Exists($"{root}/{v}/bin/postgres"))
                .OrderByDescending(v => int.TryParse(v, CultureInfo.InvariantCulture, out var major) ? major : 0).FirstOrDefault()
            : null;
        if (packaged is not null) return $"{root}/{packaged}/bin";
        return Programs.Find("postgres", "/") is { } path ? Path.GetDirectoryName(path) : null;
    }
}

/// <summary>A server that runs already (CRM_POSTGRES).</summary>
internal sealed class GivenPostgres(string connectionString) : LocalRuntime
{
    public override bool HasProcess => false;

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
    {
        try
        {
            await PostgresQueries.PingAsync(connectionString, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or ArgumentException)
        {
            throw new DistributedApplicationException($"the server that CRM_POSTGRES names does not answer: {exception.Message}. Start it, correct CRM_POSTGRES, or unset it.", exception);
        }
    }
}

/// <summary>A database in the server: created when it is not there.</summary>
internal sealed class PostgresDatabase(PostgresDatabaseResource resource) : LocalRuntime
{
    public override bool HasProcess => false;
    public override IResource Parent => resource.Parent;

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
        => await PostgresQueries.CreateDatabaseAsync((await resource.Parent.GetConnectionStringAsync(cancellationToken))!, resource.DatabaseName, cancellationToken);
}

internal static class PostgresQueries
{
    public static async Task PingAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(connectionString, cancellationToken);
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(cancellationToken);
    }

    public static async Task CreateDatabaseAsync(string connectionString, string name, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(connectionString, cancellationToken);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await exists.ExecuteScalarAsync(cancellationToken) is not null) return;
        await using var create = new NpgsqlCommand($"CREATE DATABASE {QuoteIdentifier(name)}", connection);
        try
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Somebody else was faster.
        }
    }

    private static string QuoteIdentifier(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 5, CommandTimeout = 30 };
        if (string.IsNullOrEmpty(settings.Database)) settings.Database = "postgres";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
