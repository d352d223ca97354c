using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Crm.Registry.Tests.Redis;

/// <summary>A redis-server of its own on free ports, in plain text and in TLS, that can be killed and started again.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("crm-registry-redis-").FullName;
    private Process? process;

    public int Port { get; } = FreePort();

    public int TlsPort { get; } = FreePort();

    public async Task InitializeAsync()
    {
        WriteCertificate();
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    public async Task StartAsync()
    {
        process = Process.Start(new ProcessStartInfo(
            "redis-server",
            [
                "--port", $"{Port}", "--tls-port", $"{TlsPort}", "--bind", "127.0.0.1", "--dir", folder,
                "--save", "", "--appendonly", "yes", "--appendfsync", "always",
                "--tls-cert-file", Path.Combine(folder, "cert.pem"), "--tls-key-file", Path.Combine(folder, "key.pem"),
                "--tls-auth-clients", "no",
            ])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        await Eventually.True(Answers);
    }

    /// <summary>Without a farewell, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (process is null)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    private bool Answers()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            var stream = client.GetStream();
            stream.Write("PING\r\n"u8);
            var answer = new byte[7];
            stream.ReadExactly(answer);
            return answer.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception ex) when (ex is SocketException or IOException)
        {
            return false;
        }
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
