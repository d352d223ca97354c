using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace Aspire.Hosting;

/// <summary>A Redis server with a data directory and password of its own, on the loopback interface only.</summary>
internal sealed class RedisServer(RedisResource resource) : LocalRuntime
{
    private string folder = "";
    private OsUser? user;

    public override bool IsServer => true;
    public override bool HasHealthCheck => true;

    public override IEnumerable<string> FindProblems(LocalContext context)
    {
        if (Programs.Find("redis-server", "/") is null)
            yield return "Redis is not installed (no redis-server on PATH). Install it: apt-get install redis-server";
    }

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
    {
        user = Native.EffectiveUserId() == 0 && OsUser.Exists("redis") ? OsUser.ForServer("redis") : null;
        folder = context.Home.ServerDirectory(resource.Name, user);
        var password = resource.PasswordParameter is { } parameter ? await parameter.GetValueAsync(cancellationToken) : null;
        // In a file: a password on the command line could be read by everybody.
        await LocalCommand.WritePrivateFileAsync(Path.Combine(folder, "redis.conf"), $"""
            bind 127.0.0.1
            port {resource.PrimaryEndpoint.Port.ToString(CultureInfo.InvariantCulture)}
            protected-mode yes
            daemonize no
            dir "{folder}"
            appendonly yes
            appendfsync everysec
            save ""
            {(password is null ? "" : $"requirepass {password}")}

            """, user, cancellationToken);
    }

    public override Task<LaunchPlan> PlanAsync(LocalContext context, int replica, CancellationToken cancellationToken)
        => Task.FromResult(new LaunchPlan(new LaunchSpec(Programs.Find("redis-server", "/")!, [Path.Combine(folder, "redis.conf")])
        {
            WorkingDirectory = folder,
            RunAs = user,
        }));

    public override async Task CheckAsync(CancellationToken cancellationToken)
        => await RedisPing.SendAsync((await resource.GetConnectionStringAsync(cancellationToken))!, cancellationToken);
}

/// <summary>A server that runs already (CRM_REDIS, in StackExchange.Redis' form: host:port,password=…).</summary>
internal sealed class GivenRedis(string connectionString) : LocalRuntime
{
    public override bool HasProcess => false;

    public override async Task PrepareAsync(LocalContext context, ResourceLog log, CancellationToken cancellationToken)
    {
        try
        {
            await RedisPing.SendAsync(connectionString, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException or FormatException)
        {
            throw new DistributedApplicationException($"the server that CRM_REDIS names does not answer: {exception.Message}. Start it, correct CRM_REDIS, or unset it.", exception);
        }
    }
}

/// <summary>AUTH and PING in the Redis serialization protocol; over TLS only the connection itself is tried.</summary>
internal static class RedisPing
{
    public static async Task SendAsync(string connectionString, CancellationToken cancellationToken)
    {
        var parts = connectionString.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var options = parts.Skip(1).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0].Trim(), p => p[1], StringComparer.OrdinalIgnoreCase);
        var colon = parts[0].LastIndexOf(':');
        var host = colon < 0 ? parts[0] : parts[0][..colon];
        var port = colon < 0 ? 6379 : int.Parse(parts[0].AsSpan(colon + 1), CultureInfo.InvariantCulture);

        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken);
        if (options.TryGetValue("ssl", out var ssl) && bool.Parse(ssl)) return;
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.UTF8);
        if (options.TryGetValue("password", out var password))
            await CallAsync(options.TryGetValue("user", out var user) ? ["AUTH", user, password] : ["AUTH", password]);
        if (await CallAsync(["PING"]) is var answer and not "+PONG") throw new IOException($"Redis answers '{answer}' to PING");

        async Task<string> CallAsync(string[] command)
        {
            var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
            foreach (var word in command) text.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellationToken);
            var line = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("Redis closed the connection");
            return line.StartsWith('-') ? throw new IOException($"Redis answers '{line[1..]}'") : line;
        }
    }
}
