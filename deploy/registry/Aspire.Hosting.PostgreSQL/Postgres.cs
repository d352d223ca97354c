using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace Aspire.Hosting.ApplicationModel
{
    public class PostgresServerResource : ContainerResource, IResourceWithConnectionString
    {
        private const string DefaultUserName = "postgres";

        public PostgresServerResource(string name, ParameterResource? userName, ParameterResource password) : base(name)
        {
            UserNameParameter = userName;
            PasswordParameter = password;
            PrimaryEndpoint = new EndpointReference(this, "tcp");
        }

        public EndpointReference PrimaryEndpoint { get; }
        public ParameterResource? UserNameParameter { get; internal set; }
        public ParameterResource PasswordParameter { get; internal set; }
        public IReadOnlyDictionary<string, string> Databases => declared;

        /// <summary>The connection string of a server that is given instead of started.</summary>
        internal string? Given { get; init; }

        internal readonly Dictionary<string, string> declared = new(StringComparer.OrdinalIgnoreCase);

        internal async ValueTask<string> UserNameAsync(CancellationToken cancellationToken)
            => UserNameParameter is null ? DefaultUserName : await UserNameParameter.GetValueAsync(cancellationToken) ?? DefaultUserName;

        public ReferenceExpression ConnectionStringExpression
        {
            get
            {
                if (Given is not null) return ReferenceExpression.Create($"{Given}");
                var host = PrimaryEndpoint.Property(EndpointProperty.IPV4Host);
                var port = PrimaryEndpoint.Property(EndpointProperty.Port);
                return UserNameParameter is { } user
                    ? ReferenceExpression.Create($"Host={host};Port={port};Username={user};Password={PasswordParameter}")
                    : ReferenceExpression.Create($"Host={host};Port={port};Username={DefaultUserName};Password={PasswordParameter}");
            }
        }

        public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default)
            => ConnectionStringExpression.GetValueAsync(cancellationToken);
    }

    public class PostgresDatabaseResource(string name, string databaseName, PostgresServerResource postgresParentResource)
        : Resource(name), IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString
    {
        public PostgresServerResource Parent { get; } = postgresParentResource;
        public string DatabaseName { get; } = databaseName;
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent};Database={DatabaseName}");

        public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default)
            => ConnectionStringExpression.GetValueAsync(cancellationToken);
    }
}

namespace Aspire.Hosting.Postgres
{
    /// <summary>Named by signatures only: the local app host has no pgAdmin.</summary>
    public sealed class PgAdminContainerResource(string name) : ContainerResource(name);

    /// <summary>Named by signatures only: the local app host has no pgWeb.</summary>
    public sealed class PgWebContainerResource(string name) : ContainerResource(name);
}

namespace Aspire.Hosting
{
    public static class PostgresBuilderExtensions
    {
        public static IResourceBuilder<PostgresServerResource> AddPostgres(
            this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null,
            IResourceBuilder<ParameterResource>? password = null, int? port = null)
        {
            var secrets = Secrets.Of(builder);
            var generated = new ParameterResource($"{name}-password", _ => secrets.GetOrCreate($"{name}-password", () => Secrets.Random(32)), secret: true);
            var given = builder.Configuration["CRM_POSTGRES"] is { Length: > 0 } value ? value : null;
            var resource = new PostgresServerResource(name, userName?.Resource, password?.Resource ?? generated) { Given = given };
            var added = builder.AddResource(resource);
            return given is not null
                ? added.WithAnnotation(new GivenPostgres(given))
                : added.WithEndpoint(port: port, name: "tcp", scheme: "tcp").WithAnnotation(new PostgresServer(resource));
        }

        public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
            this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
        {
            var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
            builder.Resource.declared[name] = database.DatabaseName;
            return builder.ApplicationBuilder.AddResource(database).WithAnnotation(new PostgresDatabase(database));
        }

        /// <summary>Data is always kept, in the app host's home.</summary>
        public static IResourceBuilder<PostgresServerResource> WithDataVolume(
            this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) => builder;

        public static IResourceBuilder<PostgresServerResource> WithHostPort(this IResourceBuilder<PostgresServerResource> builder, int? port)
            => builder.Resource.Given is not null ? builder : builder.WithEndpoint("tcp", endpoint => endpoint.Port = port);

        public static IResourceBuilder<Postgres.PgAdminContainerResource> WithHostPort(this IResourceBuilder<Postgres.PgAdminContainerResource> builder, int? port) => builder;

        public static IResourceBuilder<Postgres.PgWebContainerResource> WithHostPort(this IResourceBuilder<Postgres.PgWebContainerResource> builder, int? port) => builder;

        public static IResourceBuilder<PostgresServerResource> WithPassword(
            this IResourceBuilder<PostgresServerResource> builder, IResourceBuilder<ParameterResource> password)
        {
            builder.Resource.PasswordParameter = password.Resource;
            return builder;
        }

        public static IResourceBuilder<PostgresServerResource> WithUserName(
            this IResourceBuilder<PostgresServerResource> builder, IResourceBuilder<ParameterResource> userName)
        {
            builder.Resource.UserNameParameter = userName.Resource;
            return builder;
        }
    }
}
