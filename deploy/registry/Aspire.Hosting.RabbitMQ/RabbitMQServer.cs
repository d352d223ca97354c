using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Aspire.Hosting;

/// <summary>
/// A RabbitMQ node that shares nothing with others on the machine: its own data, logs, cookie, node name and port mapper, all
/// listeners (AMQP, management, Erlang distribution, epmd) on the loopback interface.
/// </summary>
internal sealed class RabbitMQServer(RabbitMQServerResource resource) : LocalRuntime
{
    private const string Scripts = "/usr/lib/rabbitmq/bin";

    private string folder = "";
    private OsUser? user;
    private int portMapperPort;
    private int distributionPort;

    public override bool IsServer => true;
    public override bool HasHealthCheck => true;

    public override IEnumerable<string> FindProblems(LocalContext context)
    {
        if (!File.Exists($"{Scripts}/rabbitmq-server"))
            yield return $"RabbitMQ is not installed (no {Scripts}/rabbitmq-server). Install it: apt-get install rabbitmq-server";
        else if (Programs.Find("epmd", "/") is null || Programs.Find("erl", "/") is null)
            yield return "Erlang is not installed (no erl or epmd on PATH). Install it: apt-get install erlang-base";
        if (Native.EffectiveUserId() == 0 && !OsUser.Exists("rabbitmq"))
            yield return "there is no user 'rabbitmq' to run the server as. Install the distribution's package: apt-get install rabbitmq-server";
    }

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
    {
        user = OsUser.ForServer("rabbitmq");
        folder = context.Home.ServerDirectory(resource.Name, user);
        if (portMapperPort == 0) (portMapperPort, distributionPort) = (context.Ports.Next(), context.Ports.Next());

        var management = resource.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(e => e.Name == RabbitMQBuilderExtensions.ManagementEndpoint);
        await WriteAsync("rabbitmq.conf", $"""
            listeners.tcp.1 = 127.0.0.1:{Text(resource.PrimaryEndpoint.Port)}
            default_user = {await resource.UserNameAsync(cancellationToken)}
            default_pass = {await resource.PasswordParameter.GetValueAsync(cancellationToken)}
            default_user_tags.administrator = true
            default_permissions.configure = .*
            default_permissions.read = .*
            default_permissions.write = .*
            vm_memory_high_watermark.relative = 0.2
            disk_free_limit.absolute = 200MB
            log.file = false
            log.console = true
            log.console.level = info
            log.connection.level = warning
            {(management?.AllocatedEndpoint is { } endpoint ? $"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {Text(endpoint.Port)}\nmanagement_agent.disable_metrics_collector = false" : "")}

            """);
        await WriteAsync("enabled_plugins", management is null ? "[].\n" : "[rabbitmq_management].\n");
        await WriteAsync("rabbitmq-env.conf", "");
        // Chosen by us, not by Erlang: it derives its own from the time.
        if (!File.Exists(Path.Combine(folder, ".erlang.cookie")))
        {
            await WriteAsync(".erlang.cookie", context.Home.Secrets.GetOrCreate($"{resource.Name}-cookie", () => Secrets.Random(32)));
            File.SetUnixFileMode(Path.Combine(folder, ".erlang.cookie"), UnixFileMode.UserRead);
        }

        Task WriteAsync(string name, string text) => LocalCommand.WritePrivateFileAsync(Path.Combine(folder, name), text, user, cancellationToken);
    }

    public override Task<LaunchPlan> PlanAsync(LocalContext context, int replica, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = folder,
            ["ERL_EPMD_PORT"] = Text(portMapperPort),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            // A node's name decides its data directory's name: it stays the same from run to run.
            ["RABBITMQ_NODENAME"] = $"{resource.Name}@localhost",
            ["RABBITMQ_DIST_PORT"] = Text(distributionPort),
            ["RABBITMQ_BASE"] = folder,
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq.conf"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(folder, "rabbitmq-env.conf"),
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(folder, "advanced.config"),
            ["RABBITMQ_GENERATED_CONFIG_DIR"] = Path.Combine(folder, "generated"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid"),
            ["ERL_CRASH_DUMP"] = Path.Combine(folder, "erl_crash.dump"),
            // Two schedulers that do not spin while they wait; the distribution port on the loopback interface as well.
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] =
                "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            // The start script then becomes the server instead of waiting for it: signals reach it, and its end is seen.
            ["RUNNING_UNDER_SYSTEMD"] = "true",
        };
        var portMapper = new LaunchSpec(Programs.Find("epmd", "/")!, ["-port", Text(portMapperPort), "-address", "127.0.0.1"])
        {
            WorkingDirectory = folder,
            Environment = new Dictionary<string, string> { ["HOME"] = folder },
            RunAs = user,
        };
        return Task.FromResult(new LaunchPlan(
            new LaunchSpec($"{Scripts}/rabbitmq-server", []) { WorkingDirectory = folder, Environment = environment, RunAs = user }, portMapper));
    }

    public override async Task CheckAsync(CancellationToken cancellationToken)
        => await AmqpPing.OpenAsync((await resource.GetConnectionStringAsync(cancellationToken))!, cancellationToken);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A server that runs already (CRM_RABBITMQ).</summary>
internal sealed class GivenRabbitMQ(string connectionString) : LocalRuntime
{
    public override bool HasProcess => false;

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
    {
        try
        {
            await AmqpPing.OpenAsync(connectionString, cancellationToken);
        }
        catch (Exception exception) when (exception is BrokerUnreachableException or UriFormatException or ArgumentException or IOException)
        {
            throw new DistributedApplicationException(
                $"the server that CRM_RABBITMQ names does not answer: {exception.Message}. Start it, correct CRM_RABBITMQ (amqp://user:password@host:port), or unset it.", exception);
        }
    }
}

internal static class AmqpPing
{
    /// <summary>Signs in and opens the virtual host.</summary>
    public static async Task OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory
        {
            Uri = new Uri(connectionString),
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = "health check",
            RequestedConnectionTimeout = TimeSpan.FromSeconds(4),
        };
        await using var connection = await factory.CreateConnectionAsync(cancellationToken);
        await connection.CloseAsync(cancellationToken);
    }
}
