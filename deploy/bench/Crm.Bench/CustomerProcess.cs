using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Bench;

/// <summary>Customer as it is deployed, built beside this program in the same configuration; the broker is away, so the relay waits.</summary>
internal sealed class CustomerProcess(Process process, int port, ECDsa gatewayKey) : IAsyncDisposable
{
    public static async Task MigrateAsync(string connectionString, ECDsa key, CancellationToken cancellationToken)
    {
        using var process = Start(connectionString, key, 0, "migrate");
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new InvalidOperationException("The migrations failed.");
    }

    public static async Task<CustomerProcess> StartAsync(string connectionString, ECDsa key, CancellationToken cancellationToken)
    {
        var port = FreePort();
        var process = Start(connectionString, key, port);
        using var client = new HttpClient(new SocketsHttpHandler());
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                (await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health/ready"), cancellationToken)).EnsureSuccessStatusCode();
                return new CustomerProcess(process, port, key);
            }
            catch (HttpRequestException) when (attempt < 600 && !process.HasExited)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    /// <summary>A client with a token of the gateway; tokens last a minute, so take a new one for every part of a run.</summary>
    public HttpClient Client()
    {
        var options = Options.Create(new InternalTokenOptions { Issuer = "gateway", PrivateKey = Convert.ToBase64String(gatewayKey.ExportPkcs8PrivateKey()) });
        var token = new InternalTokenIssuer(options, TimeProvider.System, new Ids(TimeProvider.System)).Mint(new Actor("client:bench", "bench", [Roles.Integration], null, null), "customer");
        var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(20) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>The largest resident set seen until cancelled, in bytes.</summary>
    public async Task<long> WatchMemoryAsync(CancellationToken cancellationToken)
    {
        var peak = 0L;
        while (!cancellationToken.IsCancellationRequested)
        {
            process.Refresh();
            peak = Math.Max(peak, process.WorkingSet64);
            await Task.Delay(100, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return peak;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static Process Start(string connectionString, ECDsa key, int port, params string[] arguments)
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Crm.Customer", configuration, "Crm.Customer.dll"));
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            WorkingDirectory = Path.GetDirectoryName(program),
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["Logging__LogLevel__Default"] = "Error",
                ["Logging__LogLevel__MassTransit"] = "None",
                ["BIND_ADDRESS"] = "127.0.0.1",
                ["HTTP_PORT"] = port.ToString(CultureInfo.InvariantCulture),
                ["GRPC_PORT"] = FreePort().ToString(CultureInfo.InvariantCulture),
                ["ConnectionStrings__postgres"] = connectionString,
                ["ConnectionStrings__rabbitmq"] = "amqp://127.0.0.1:1",
                ["InternalTokens__Issuer"] = "customer",
                ["InternalTokens__PrivateKey"] = Convert.ToBase64String(own.ExportPkcs8PrivateKey()),
                ["InternalTokens__TrustedIssuers__gateway"] = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()),
            },
        })!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
