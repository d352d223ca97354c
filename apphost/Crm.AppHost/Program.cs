using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Crm.AppHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

if (args.Contains("--servers-only")) return await ServersOnly.RunAsync([.. args.Where(argument => argument != "--servers-only")]);

var builder = DistributedApplication.CreateBuilder(args);
var settings = AppHostSettings.From(builder);
var keys = new DevelopmentKeys(settings.SecretsDirectory);

// Servers: one PostgreSQL with a database for each service, RabbitMQ for events, Redis for what can be rebuilt.
var postgres = builder.AddPostgres("postgres").WithDataVolume();
var rabbitmq = builder.AddRabbitMQ("rabbitmq").WithDataVolume().WithManagementPlugin();
var redis = builder.AddRedis("redis").WithDataVolume();

// Around the platform in development: an inbox that catches all mail, gateways for other messages, and an identity provider.
var mail = builder.AddExecutable("mail", "node", "../mail-inbox", "--require", "./closed-connections.cjs", "node_modules/maildev/bin/maildev", "--ip", "127.0.0.1")
    .WithHttpEndpoint(settings.MailPort, name: "http", env: "MAILDEV_WEB_PORT", isProxied: false)
    .WithEndpoint(scheme: "smtp", name: "smtp", env: "MAILDEV_SMTP_PORT")
    .WithHttpHealthCheck("/healthz");
var providers = builder.AddProject("provider-simulator", "../Crm.ProviderSimulator/Crm.ProviderSimulator.csproj")
    .WithHttpEndpoint(settings.ProviderPort, name: "http", env: "HTTP_PORT", isProxied: false)
    .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
    .WithEnvironment("Receipts__Url", "http://127.0.0.1:" + settings.GatewayPort + "/p/provider-receipts/{provider}")
    .WithEnvironment("Receipts__Secret", () => keys.RandomKey("provider-receipt-key"))
    .WithHttpHealthCheck("/health/live");
var idp = builder.AddProject("dev-idp", "../../gateway/Crm.DevIdp/Crm.DevIdp.csproj")
    .WithHttpEndpoint(settings.IdentityProviderPort, name: "http", env: "HTTP_PORT", isProxied: false)
    .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
    .WithEnvironment("BIND_ADDRESS", "127.0.0.1")
    .WithEnvironment("DevIdp__UsersFile", Path.Combine(settings.SecretsDirectory, "dev-users.json"))
    .WithEnvironment("DevIdp__RedirectUris__0", "http://localhost:" + settings.GatewayPort + "/signin/callback")
    .WithEnvironment("DevIdp__RedirectUris__1", "http://127.0.0.1:" + settings.GatewayPort + "/signin/callback")
    .WithEnvironment("DevIdp__ClientSecrets__gateway", () => keys.RandomKey("oidc-client-secret"))
    .WithHttpHealthCheck("/health/live");
idp.WithEnvironment("DevIdp__Issuer", idp.GetEndpoint("http")); // to the letter what the gateway has as authority

// Services, and whose internal tokens each accepts.
var customer = AddService("customer", "Customer/Crm.Customer").Trusts("gateway", "sales", "service", "loyalty").WithPrivacyLinks(settings.GatewayPort)
    .WithEnvironment("Smtp__Security", "None") // as the sender of campaigns
    .WithEnvironment("Smtp__Host", mail.GetEndpoint("smtp").Property(EndpointProperty.IPV4Host))
    .WithEnvironment("Smtp__Port", mail.GetEndpoint("smtp").Property(EndpointProperty.Port))
    .WithReference(postgres.AddDatabase("subject-keys-db", "subject_keys"), "subject-keys"); // in production on a server of its own
var sales = AddService("sales", "Sales/Crm.Sales").Trusts("gateway", "customer").WithReference(customer.GetEndpoint("grpc"));
var service = AddService("service", "Service/Crm.ServiceDesk").Trusts("gateway", "customer").WithReference(customer.GetEndpoint("grpc"));
var loyalty = AddService("loyalty", "Loyalty/Crm.Loyalty").Trusts("gateway", "customer").WithReference(customer.GetEndpoint("grpc"));
var analytics = AddService("analytics", "Analytics/Crm.Analytics").Trusts("gateway", "campaign", "customer");
var campaignDatabase = postgres.AddDatabase("campaign-db", "campaign");
var campaign = AddWorkload("campaign", "services/Campaign/Crm.Campaign", campaignDatabase).WithGrpc().Trusts("gateway", "customer").WithCampaignLinks(settings.GatewayPort)
    .WithReference(analytics.GetEndpoint("grpc")).TakesReceiptsOfSimulator();
foreach (var holder in new[] { sales, service, loyalty, campaign, analytics }) customer.WithReference(holder.GetEndpoint("grpc")); // what they hold about a person
var sender = AddWorkload("campaign-sender", "services/Campaign/Crm.Campaign.Sender", campaignDatabase)
    .WithCampaignLinks(settings.GatewayPort)
    .WithEnvironment("DOTNET_GCGen0MaxBudget", "0x600000").WithEnvironment("DOTNET_GCGen1MaxBudget", "0x600000") // as the chart deploys it
    .WithEnvironment("Smtp__Security", "None") // the inbox is on this machine and speaks plain SMTP
    .WithEnvironment("Smtp__Host", mail.GetEndpoint("smtp").Property(EndpointProperty.IPV4Host))
    .WithEnvironment("Smtp__Port", mail.GetEndpoint("smtp").Property(EndpointProperty.Port))
    .SendsToSimulator(providers.GetEndpoint("http"));

// The only way in: people and machine clients over HTTP, machine clients over gRPC.
AddWorkload("gateway", "gateway/Crm.Gateway", postgres.AddDatabase("gateway-db", "gateway"), settings.GatewayPort)
    .WithHttpEndpoint(settings.GrpcIngressPort, name: "grpc-ingress", env: "GRPC_INGRESS_PORT", isProxied: false)
    .WithReference(customer).WithReference(sales).WithReference(service)
    .WithReference(loyalty).WithReference(campaign).WithReference(analytics)
    .WithEnvironment("Oidc__Authority", idp.GetEndpoint("http"))
    .WithEnvironment("Oidc__ClientSecret", () => keys.RandomKey("oidc-client-secret"))
    .WithExternalHttpEndpoints();

await builder.Build().RunAsync();
return Environment.ExitCode;

IResourceBuilder<ProjectResource> AddService(string name, string folder)
    => AddWorkload(name, $"services/{folder}", postgres.AddDatabase($"{name}-db", name)).WithGrpc();

// What every workload has: a port for HTTP, its database, the broker (it may come later), Redis, and a key pair of its own.
IResourceBuilder<ProjectResource> AddWorkload(string name, string folder, IResourceBuilder<PostgresDatabaseResource> database, int? port = null)
    => builder.AddProject(name, $"../../{folder}/{Path.GetFileName(folder)}.csproj")
        .WithHttpEndpoint(port, name: "http", env: "HTTP_PORT", isProxied: port is null)
        .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
        .WithEnvironment("BIND_ADDRESS", "127.0.0.1")
        .WithEnvironment("Postgres__MigrateOnStart", "true")
        .SharesASmallMachine(large: name is "customer" or "campaign" or "analytics" or "gateway")
        .WithReference(database, "postgres").WithReference(rabbitmq).WithReference(redis)
        .WithInternalTokens(keys, name)
        .WithHttpHealthCheck("/health/ready")
        .WithReplicas(settings.ReplicasOf(name))
        .WaitFor(database);
