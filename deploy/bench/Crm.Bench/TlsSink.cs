using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Crm.Bench;

/// <summary>A sink with TLS from the first byte, which smtp-sink lacks: answers each command and each content, keeps nothing.</summary>
internal sealed class TlsSink : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate;

    public TlsSink()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        AuthorityFile = Path.GetTempFileName();
        File.WriteAllText(AuthorityFile, _certificate.ExportCertificatePem());
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public string AuthorityFile { get; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _certificate.Dispose();
        _stop.Dispose();
        File.Delete(AuthorityFile);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The bench has ended.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(_certificate);
                await AnswerAsync(stream);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has left.
            }
        }
    }

    private async Task AnswerAsync(SslStream stream)
    {
        await stream.WriteAsync("220 localhost ESMTP\r\n"u8.ToArray(), _stop.Token);
        var (buffer, length, content) = (new byte[256 * 1024], 0, false);
        var replies = new StringBuilder();
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), _stop.Token);
            if (read == 0) return;
            length += read;
            var at = 0;
            while (true)
            {
                var rest = buffer.AsSpan(at, length - at);
                var end = content ? rest.IndexOf("\r\n.\r\n"u8) : rest.IndexOf((byte)'\n');
                if (end < 0) break;
                if (content)
                {
                    (at, content) = (at + end + 5, false);
                    replies.Append("250 2.0.0 OK\r\n");
                    continue;
                }

                var verb = end < 4 ? "" : Encoding.ASCII.GetString(rest[..4]);
                at += end + 1;
                content = verb == "DATA";
                replies.Append(verb switch { "EHLO" => "250-localhost\r\n250-PIPELINING\r\n250 8BITMIME\r\n", "DATA" => "354 Go on\r\n", "QUIT" => "221 2.0.0 Bye\r\n", _ => "250 2.0.0 OK\r\n" });
            }

            // Of a content that is not at its end only the last octets matter.
            var keep = content ? Math.Min(length - at, 4) : length - at;
            buffer.AsSpan(length - keep, keep).CopyTo(buffer);
            length = keep;
            if (replies.Length == 0) continue;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(replies.ToString()), _stop.Token);
            replies.Clear();
        }
    }
}
