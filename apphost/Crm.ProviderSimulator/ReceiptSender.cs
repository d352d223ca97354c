using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace Crm.ProviderSimulator;

/// <summary>Section <c>Receipts</c>: where delivery receipts go and the key that signs them. Without it none are sent.</summary>
public sealed class ReceiptTarget
{
    /// <summary><c>{provider}</c> stands for the name that the platform gives to the channel's provider: <c>sms-simulator</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>Base64.</summary>
    public string Secret { get; set; } = "";
}

public sealed record SentReceipt(string MessageId, string Channel, string Status, int Attempts, int? Answer);

/// <summary>
/// Tells what became of messages, signed with HMAC-SHA256 over <c>timestamp.body</c>, and again until it is answered with success, as
/// gateways do.
/// </summary>
public sealed class ReceiptSender(IOptions<ReceiptTarget> target, TimeProvider time) : BackgroundService
{
    private const int MaxAttempts = 12;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(300);
    private readonly Channel<(ReceivedMessage Message, string Status)> _due = Channel.CreateUnbounded<(ReceivedMessage, string)>();
    private readonly LinkedList<SentReceipt> _sent = new();
    private readonly Lock _gate = new();
    private int _count;

    public IReadOnlyList<SentReceipt> Sent
    {
        get
        {
            lock (_gate) return [.. _sent];
        }
    }

    public void Plan(ReceivedMessage message, ChannelSwitches switches)
    {
        var status = switches.Receipts == "mixed" ? (Interlocked.Increment(ref _count) % 5 == 0 ? "failed" : "delivered") : switches.Receipts;
        if (status == "none" || target.Value.Url.Length == 0) return;
        for (var copy = 0; copy < switches.ReceiptCopies; copy++) _due.Writer.TryWrite((message, status));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        await Parallel.ForEachAsync(
            _due.Reader.ReadAllAsync(stoppingToken),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = stoppingToken },
            async (item, cancellationToken) => await SendAsync(client, item.Message, item.Status, cancellationToken));
    }

    private async Task SendAsync(HttpClient client, ReceivedMessage message, string status, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.Serialize(new
        {
            receiptId = $"{message.Id}-{status}",
            id = message.Id,
            reference = message.Key,
            status,
            error = status == "failed" ? "simulated: the handset is switched off" : null,
            at = time.GetUtcNow(),
        });
        int? answer = null;
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            await Task.Delay(FirstPause * Math.Min(attempt, 10), time, cancellationToken);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, target.Value.Url.Replace("{provider}", message.Channel + "-simulator", StringComparison.Ordinal))
                {
                    Content = new StringContent(body, Encoding.UTF8, "application/json"),
                };
                Sign(request, body);
                using var response = await client.SendAsync(request, cancellationToken);
                answer = (int)response.StatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                answer = null;
            }

            if (answer is null or 429 or >= 500 && attempt < MaxAttempts) continue;
            Remember(new SentReceipt(message.Id, message.Channel, status, attempt, answer));
            return;
        }
    }

    private void Sign(HttpRequestMessage request, string body)
    {
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("X-Timestamp", timestamp);
        request.Headers.Add("X-Signature", Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromBase64String(target.Value.Secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}"))));
    }

    private void Remember(SentReceipt receipt)
    {
        lock (_gate)
        {
            _sent.AddFirst(receipt);
            if (_sent.Count > 1_000) _sent.RemoveLast();
        }
    }
}
