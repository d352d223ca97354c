using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace Aspire.Hosting.ApplicationModel
{
    public class RabbitMQServerResource : ContainerResource, IResourceWithConnectionString
    {
        private const string DefaultUserName = "apphost";

        public RabbitMQServerResource(string name, ParameterResource? userName, ParameterResource password) : base(name)
        {
            UserNameParameter = userName;
            PasswordParameter = password;
            PrimaryEndpoint = new EndpointReference(this, "tcp");
        }

        public EndpointReference PrimaryEndpoint { get; }
        public ParameterResource? UserNameParameter { get; }
        public ParameterResource PasswordParameter { get; }

        internal string? Given { get; init; }

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
                    ? ReferenceExpression.Create($"amqp://{user}:{PasswordParameter}@{host}:{port}")
                    : ReferenceExpression.Create($"amqp://{DefaultUserName}:{PasswordParameter}@{host}:{port}");
            }
        }

        public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default)
            => ConnectionStringExpression.GetValueAsync(cancellationToken);
    }
}

namespace Aspire.Hosting
{
    public static class RabbitMQBuilderExtensions
    {
        internal const string ManagementEndpoint = "management";

        public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(
            this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null,
            IResourceBuilder<ParameterResource>? password = null, int? port = null)
        {
            var secrets = Secrets.Of(builder);
            var generated = new ParameterResource($"{name}-password", _ => secrets.GetOrCreate($"{name}-password", () => Secrets.Random(32)), secret: true);
            var given = builder.Configuration["CRM_RABBITMQ"] is { Length: > 0 } value ? value : null;
            var resource = new RabbitMQServerResource(name, userName?.Resource, password?.Resource ?? generated) { Given = given };
            var added = builder.AddResource(resource);
            return given is not null
                ? added.WithAnnotation(new GivenRabbitMQ(given))
                : added.WithEndpoint(port: port, name: "tcp", scheme: "tcp").WithAnnotation(new RabbitMQServer(resource));
        }

        /// <summary>Data is always kept, in the app host's home.</summary>
        public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(
            this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false) => builder;

        public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder)
            => builder.WithManagementPlugin(null);

        public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder, int? port)
            => builder.Resource.Given is not null ? builder : builder.WithHttpEndpoint(port: port, name: ManagementEndpoint);
    }
}
