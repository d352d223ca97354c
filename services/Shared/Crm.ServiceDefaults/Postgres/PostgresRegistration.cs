using System.ComponentModel.DataAnnotations;
using System.Data;
using System.Reflection;
using Dapper;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using NpgsqlTypes;

namespace Crm.ServiceDefaults.Postgres;

public sealed class PostgresOptions
{
    /// <summary>Run migrations when the service starts. Off in production, where a job runs <c>migrate</c> first.</summary>
    public bool MigrateOnStart { get; init; }

    /// <summary>Connections per process; the sum over all replicas stays under the server's max_connections.</summary>
    [Range(2, 200)]
    public int MaxPoolSize { get; init; } = 12;

    /// <summary>Seconds a statement may run before it is cancelled.</summary>
    [Range(1, 3600)]
    public int CommandTimeout { get; init; } = 30;
}

public static class PostgresRegistration
{
    /// <summary>
    /// The service's own database from the connection string <c>postgres</c>: data source, <see cref="UnitOfWork"/>, and the
    /// embedded <c>Persistence/Migrations/*.sql</c> of the given assembly. Settings are the server's own, as <c>-c name=value</c>.
    /// </summary>
    public static void AddPostgres(this WebApplicationBuilder builder, Assembly migrations, string? settings = null)
    {
        builder.Services.AddOptions<PostgresOptions>().BindConfiguration("Postgres").ValidateDataAnnotations().ValidateOnStart();
        var options = builder.Configuration.GetSection("Postgres").Get<PostgresOptions>() ?? new PostgresOptions();
        var connection = builder.Configuration.GetConnectionString("postgres")
            ?? throw new InvalidOperationException("ConnectionStrings:postgres is not set.");

        builder.Services.AddSingleton(_ =>
        {
            var source = new NpgsqlDataSourceBuilder(connection);
            source.ConnectionStringBuilder.MaxPoolSize = options.MaxPoolSize;
            source.ConnectionStringBuilder.CommandTimeout = options.CommandTimeout;
            source.ConnectionStringBuilder.Timeout = 5;
            source.ConnectionStringBuilder.KeepAlive = 30;
            source.ConnectionStringBuilder.MaxAutoPrepare = 50;
            if (settings is not null) source.ConnectionStringBuilder.Options = settings;
            source.ConnectionStringBuilder.ApplicationName = builder.Environment.ApplicationName;
            return source.Build();
        });
        builder.Services.TryAddSingleton<Crm.ServiceDefaults.Messaging.OutboxSignal>(); // a workload without messages has nobody to wake
        builder.Services.AddScoped<UnitOfWork>();
        builder.Services.AddSingleton(new MigrationSource(migrations));
        builder.Services.AddSingleton<Migrator>();
        builder.Services.AddHostedService<MigrateOnStart>();
        DapperMapping.Register();
    }

    /// <summary>Applies the migrations and ends: what the <c>migrate</c> argument of every service does.</summary>
    public static async Task<int> MigrateAsync(this WebApplication app)
    {
        await app.Services.GetRequiredService<Migrator>().RunAsync(CancellationToken.None);
        return 0;
    }
}

/// <summary>Dapper reads snake_case columns into records and knows the date types that PostgreSQL returns.</summary>
internal static class DapperMapping
{
    public static void Register()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset)); // else the driver gets it as it is
        SqlMapper.AddTypeHandler(typeof(DateTimeOffset), new InstantHandler());
        SqlMapper.AddTypeHandler(new DateHandler());
        SqlMapper.AddTypeHandler(new TextArrayHandler());
    }

    /// <summary>An instant of any offset is stored as that of UTC, the only one that the driver takes; null has the type too, for statements that compare with it.</summary>
    private sealed class InstantHandler : SqlMapper.ITypeHandler
    {
        public object Parse(Type destinationType, object value) => value is DateTime utc ? new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)) : value;

        public void SetValue(IDbDataParameter parameter, object value) =>
            (((NpgsqlParameter)parameter).NpgsqlDbType, parameter.Value) = (NpgsqlDbType.TimestampTz, value is DateTimeOffset at ? at.UtcDateTime : value);
    }

    /// <summary>The driver says no more than "an array" about a column's type, which matches no constructor of a record.</summary>
    private sealed class TextArrayHandler : SqlMapper.TypeHandler<string[]>
    {
        public override string[] Parse(object value) => (string[])value;

        public override void SetValue(IDbDataParameter parameter, string[]? value) => parameter.Value = value;
    }

    private sealed class DateHandler : SqlMapper.TypeHandler<DateOnly>
    {
        public override DateOnly Parse(object value) => value is DateTime midnight ? DateOnly.FromDateTime(midnight) : (DateOnly)value;

        public override void SetValue(IDbDataParameter parameter, DateOnly value)
        {
            parameter.Value = value;
            if (parameter is NpgsqlParameter npgsql) npgsql.NpgsqlDbType = NpgsqlDbType.Date;
        }
    }
}
