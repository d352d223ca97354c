using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Crm.Testing;
using Dapper;
using Npgsql;

namespace Crm.Helm.Tests;

/// <summary>
/// A rolling update as the cluster makes it, on a schema that is one release ahead: a new replica becomes ready and an endpoint, an old one
/// stops being an endpoint, waits (preStop), gets SIGTERM, drains. The gateway is under load all the while and no request may fail.
/// </summary>
public sealed class RollingRestartTests
{
    /// <summary>The gateway keeps a connection for 5 s; the chart's preStop is 8 s.</summary>
    private static readonly TimeSpan PreStop = TimeSpan.FromSeconds(6.5);

    [Fact]
    public async Task No_request_fails_while_every_replica_is_replaced()
    {
        await using var servers = await IsolatedServers.CreateAsync("rolling");
        await using var gatewayServers = await IsolatedServers.CreateAsync("rolling_gateway");
        // With CRM_OLD_RELEASE (its artifacts/bin) the replicas that go are that release's and those that come this one's, on its migrations.
        var before = Environment.GetEnvironmentVariable("CRM_OLD_RELEASE") is { Length: > 0 } release ? Path.Combine(release, "Crm.Customer", "debug", "Crm.Customer.dll") : "Crm.Customer";
        var first = await RunningWorkload.StartAsync(before, "customer", servers);
        if (before == "Crm.Customer") await PretendTheNextReleaseHasMigratedAsync(servers.Postgres);
        var replicas = new List<RunningWorkload> { first, await RunningWorkload.StartAsync(before, "customer", servers) };
        await using var service = new ClusterService(replicas.Select(replica => replica.HttpPort));
        var (idp, token) = await IdentityProvider.StartAsync();
        await using var provider = idp;
        await using var gateway = await RunningWorkload.StartAsync(
            "Crm.Gateway", "gateway", gatewayServers,
            [
                .. new[] { "customer", "sales", "service", "loyalty", "campaign", "analytics" }.SelectMany(name => new[]
                {
                    ($"services__{name}__http__0", $"http://127.0.0.1:{service.Port}"), ($"services__{name}__grpc__0", $"http://127.0.0.1:{first.GrpcPort}"),
                }),
                ("Oidc__Authority", idp.Issuer), ("Oidc__ClientSecret", IdentityProvider.WebSecret),
            ]);

        using var stop = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var made = new ConcurrentBag<string>();
        var load = Enumerable.Range(0, 6).Select(worker => LoadAsync(worker, gateway.Http, token, made, failures, stop.Token)).ToArray();
        await Eventually.Holds(() =>
        {
            Assert.True(made.Count > 20, string.Join('\n', failures));
            return Task.CompletedTask;
        });

        foreach (var old in replicas.ToArray())
        {
            var next = await RunningWorkload.StartAsync("Crm.Customer", "customer", servers);
            replicas.Add(next);
            service.Add(next.HttpPort);
            service.Remove(old.HttpPort);
            await Task.Delay(PreStop);
            Assert.Equal(0, await old.StopAsync());
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        foreach (var replica in replicas) await replica.DisposeAsync();

        Assert.True(failures.IsEmpty, $"{failures.Count} of {made.Count} failed: {string.Join('\n', failures.Take(5))}");
        await using var database = NpgsqlDataSource.Create(servers.Postgres);
        await using var connection = await database.OpenConnectionAsync();
        Assert.Equal(made.Count, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM customers"));
    }

    /// <summary>Expand: columns more on every table, a table more, and migrations that this release does not know.</summary>
    private static async Task PretendTheNextReleaseHasMigratedAsync(string postgres)
    {
        await using var database = NpgsqlDataSource.Create(postgres);
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            DO $$ DECLARE t text; BEGIN
                FOR t IN SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
                    EXECUTE format('ALTER TABLE %s ADD COLUMN of_next_release text DEFAULT ''x''', t);
                END LOOP;
            END $$;
            CREATE TABLE of_next_release (id uuid PRIMARY KEY);
            INSERT INTO schema_migration (name, checksum) VALUES ('9999_of_next_release.sql', 'x');
            """);
    }

    private static async Task LoadAsync(int worker, string gateway, string token, ConcurrentBag<string> made, ConcurrentQueue<string> failures, CancellationToken stop)
    {
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(gateway) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                using var posted = await client.PostAsync("/api/customer/v1/customers", new { displayName = $"Rolling {worker} {i}" });
                if (posted.StatusCode != HttpStatusCode.Created)
                {
                    failures.Enqueue($"POST {(int)posted.StatusCode}: {await posted.Content.ReadAsStringAsync(CancellationToken.None)}");
                    continue;
                }

                var id = (await posted.JsonAsync()).GetProperty("id").GetString()!;
                made.Add(id);
                using var read = await client.GetAsync("/api/customer/v1/customers/" + id, CancellationToken.None);
                if (!read.IsSuccessStatusCode) failures.Enqueue($"GET {(int)read.StatusCode}");
                await Task.Delay(15, CancellationToken.None);
            }
            catch (HttpRequestException exception)
            {
                failures.Enqueue(exception.Message);
            }
        }
    }

    /// <summary>What a ClusterIP does: each new connection goes to one of the endpoints of that moment, and stays there.</summary>
    private sealed class ClusterService : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly List<int> _endpoints;
        private readonly Task _accepting;
        private int _next;

        public ClusterService(IEnumerable<int> endpoints)
        {
            _endpoints = [.. endpoints];
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Add(int port)
        {
            lock (_endpoints) _endpoints.Add(port);
        }

        public void Remove(int port)
        {
            lock (_endpoints) _endpoints.Remove(port);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                int port;
                lock (_endpoints) port = _endpoints[_next++ % _endpoints.Count];
                _ = PassAsync(client, port, _stop.Token);
            }
        }

        private static async Task PassAsync(TcpClient client, int port, CancellationToken stop)
        {
            using var pod = new TcpClient { NoDelay = true };
            using (client)
            {
                try
                {
                    client.NoDelay = true;
                    await pod.ConnectAsync(IPAddress.Loopback, port, stop);
                    var (near, far) = (client.GetStream(), pod.GetStream());
                    await Task.WhenAny(near.CopyToAsync(far, stop), far.CopyToAsync(near, stop));
                }
                catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
                {
                    // The connection is over.
                }
            }
        }
    }
}
