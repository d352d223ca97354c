using System.Net.Sockets;
using System.Text;
using Crm.Testing;

namespace Crm.Campaign.Tests.Inbound;

/// <summary>A mail system that says exactly what a test tells it to.</summary>
internal sealed class ReceiverClient : IAsyncDisposable
{
    private readonly TcpClient client = new();
    private StreamReader reader = null!;

    public static async Task<ReceiverClient> ConnectAsync(int port)
    {
        ReceiverClient? connected = null;
        await Eventually.Holds(async () =>
        {
            var attempt = new ReceiverClient();
            await attempt.client.ConnectAsync("localhost", port);
            attempt.reader = new StreamReader(attempt.client.GetStream(), Encoding.ASCII);
            Assert.StartsWith("220", await attempt.ReplyAsync(), StringComparison.Ordinal);
            connected = attempt;
        });
        return connected!;
    }

    public async Task<string> CommandAsync(string text, bool expectMore = false)
    {
        var reply = (await CommandsAsync(text)).Single();
        return expectMore && await reader.ReadLineAsync() is { } more ? more : reply;
    }

    /// <summary>All at once, then all replies.</summary>
    public async Task<IReadOnlyList<string>> CommandsAsync(params string[] lines)
    {
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(string.Concat(lines.Select(line => line + "\r\n"))));
        var replies = new List<string>();
        foreach (var _ in lines) replies.Add(await ReplyAsync());
        return replies;
    }

    /// <summary>A whole mail; the reply to its end.</summary>
    public async Task<string> SendAsync(string sender, string recipient, byte[] mail)
    {
        var replies = await CommandsAsync("EHLO client.test", $"MAIL FROM:<{sender}>", $"RCPT TO:<{recipient}>", "DATA");
        Assert.Equal(["250", "250", "250", "354"], replies.Select(reply => reply[..3]));
        var text = Encoding.Latin1.GetString(mail);
        return await CommandAsync((text.StartsWith('.') ? "." : "") + text.Replace("\r\n.", "\r\n..", StringComparison.Ordinal) + (text.EndsWith("\r\n", StringComparison.Ordinal) ? "" : "\r\n") + ".");
    }

    /// <summary>Sends a character at a time until the server has closed the connection.</summary>
    public async Task<bool> IsCutOffWhileDrippingAsync(string text)
    {
        var stream = client.GetStream();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var closed = stream.ReadAsync(new byte[1], limit.Token).AsTask();
        for (var i = 0; !closed.IsCompleted; i++)
        {
            try
            {
                await stream.WriteAsync(new[] { (byte)text[i % text.Length] }, limit.Token);
            }
            catch (IOException)
            {
                return true;
            }

            await Task.WhenAny(closed, Task.Delay(TimeSpan.FromMilliseconds(100), limit.Token));
        }

        try
        {
            return await closed == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> ReplyAsync()
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            text.AppendLine(line);
            if (line.Length < 4 || line[3] != '-') break;
        }

        return text.ToString().TrimEnd();
    }
}
