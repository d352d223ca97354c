using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace Aspire.Hosting.ApplicationModel
{
    public class RedisResource(string name) : ContainerResource(name), IResourceWithConnectionString
    {
        private EndpointReference? primaryEndpoint;

        public EndpointReference PrimaryEndpoint => primaryEndpoint ??= new EndpointReference(this, "tcp");
        public ParameterResource? PasswordParameter { get; internal set; }

        internal string? Given { get; init; }

        public ReferenceExpression ConnectionStringExpression
        {
            get
            {
                if (Given is not null) return ReferenceExpression.Create($"{Given}");
                var host = PrimaryEndpoint.Property(EndpointProperty.IPV4Host);
                var port = PrimaryEndpoint.Property(EndpointProperty.Port);
                return PasswordParameter is { } password
                    ? ReferenceExpression.Create($"{host}:{port},password={password}")
                    : ReferenceExpression.Create($"{host}:{port}");
            }
        }

        public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default)
            => ConnectionStringExpression.GetValueAsync(cancellationToken);
    }
}

namespace Aspire.Hosting.Redis
{
    /// <summary>Named by signatures only: the local app host has no Redis Commander.</summary>
    public sealed class RedisCommanderResource(string name) : ContainerResource(name);

    /// <summary>Named by signatures only: the local app host has no Redis Insight.</summary>
    public sealed class RedisInsightResource(string name) : ContainerResource(name);
}

namespace Aspire.Hosting
{
    public static class RedisBuilderExtensions
    {
        public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port)
            => builder.AddRedis(name, port, null);

        public static IResourceBuilder<RedisResource> AddRedis(
            this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
        {
            var secrets = Secrets.Of(builder);
            var generated = new ParameterResource($"{name}-password", _ => secrets.GetOrCreate($"{name}-password", () => Secrets.Random(32)), secret: true);
            var given = builder.Configuration["CRM_REDIS"] is { Length: > 0 } value ? value : null;
            var resource = new RedisResource(name) { PasswordParameter = password?.Resource ?? generated, Given = given };
            var added = builder.AddResource(resource);
            return given is not null
                ? added.WithAnnotation(new GivenRedis(given))
                : added.WithEndpoint(port: port, name: "tcp", scheme: "tcp").WithAnnotation(new RedisServer(resource));
        }

        /// <summary>Data is always kept, in the app host's home.</summary>
        public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false) => builder;

        public static IResourceBuilder<Redis.RedisInsightResource> WithDataVolume(this IResourceBuilder<Redis.RedisInsightResource> builder, string? name = null) => builder;

        public static IResourceBuilder<RedisResource> WithHostPort(this IResourceBuilder<RedisResource> builder, int? port)
            => builder.Resource.Given is not null ? builder : builder.WithEndpoint("tcp", endpoint => endpoint.Port = port);

        public static IResourceBuilder<Redis.RedisCommanderResource> WithHostPort(this IResourceBuilder<Redis.RedisCommanderResource> builder, int? port) => builder;

        public static IResourceBuilder<Redis.RedisInsightResource> WithHostPort(this IResourceBuilder<Redis.RedisInsightResource> builder, int? port) => builder;

        public static IResourceBuilder<RedisResource> WithPassword(this IResourceBuilder<RedisResource> builder, IResourceBuilder<ParameterResource>? password)
        {
            builder.Resource.PasswordParameter = password?.Resource;
            return builder;
        }

        /// <summary>The append-only file, written every second, is always on; snapshots are not needed besides.</summary>
        public static IResourceBuilder<RedisResource> WithPersistence(
            this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1) => builder;
    }
}
