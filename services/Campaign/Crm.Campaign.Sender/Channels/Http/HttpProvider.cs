using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Campaign.Delivery.Providers;
using Crm.OutboundHttp;

namespace Crm.Campaign.Sender.Channels.Http;

/// <summary>One provider as its options describe it: makes the request, sends it, and says what the answer means.</summary>
internal sealed class HttpProvider : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private const int MaxDetail = 300;
    private readonly HttpProviderOptions _options;
    private readonly PayloadTemplate _payload;
    private readonly HttpClient _client;
    private readonly SemaphoreSlim _slots;
    private readonly TimeProvider _time;

    public HttpProvider(string name, HttpProviderOptions options, bool development, TimeProvider time)
    {
        (Name, _options, _time) = (name, options, time);
        _payload = new PayloadTemplate(options.Format, options.Body ?? ChannelBodies.Usual[options.Channel]);
        _slots = new SemaphoreSlim(options.Concurrency);
        var handler = OutboundConnections.Handler(development ? Reach.Anywhere : options.AllowPrivateAddresses ? Reach.Private : Reach.Public);
        (handler.ConnectTimeout, handler.MaxConnectionsPerServer, handler.MaxResponseHeadersLength) = (options.Timeout, options.Concurrency, 16);
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public string Name { get; }

    public string Channel => _options.Channel;

    public int Concurrency => _options.Concurrency;

    /// <summary>Null: not reached, nothing was said, so that another provider may be asked.</summary>
    public async Task<DeliveryOutcome?> SendAsync(ProviderMessage message, CancellationToken stopping)
    {
        await _slots.WaitAsync(stopping);
        try
        {
            return await ExchangeAsync(message, stopping);
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _slots.Dispose();
    }

    private async Task<DeliveryOutcome?> ExchangeAsync(ProviderMessage message, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested) return new DeliveryOutcome.Deferred("The sender stops", TimeSpan.Zero, Counts: false);
        var content = new TrackedContent(_payload.Render(message), _payload.ContentType);
        using var request = new HttpRequestMessage(_options.Method == "PUT" ? HttpMethod.Put : HttpMethod.Post, _options.Url) { Content = content };
        foreach (var (header, value) in _options.Headers) request.Headers.TryAddWithoutValidation(header, value);
        if (_options.IdempotencyHeader.Length > 0) request.Headers.TryAddWithoutValidation(_options.IdempotencyHeader, message.Reference.ToString());
        Authenticate(request, content.Bytes);

        // A stop does not cut off what is on the wire: its answer is waited for, as long as any.
        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return Judge((int)response.StatusCode, await ReadAsync(response, timeout.Token), response.Headers.RetryAfter);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            if (!content.Begun) return null;
            return Doubtful(timeout.IsCancellationRequested ? $"{Name} did not answer within {_options.Timeout.TotalSeconds:0.#} s" : $"{Name} broke off: {exception.Message}");
        }
    }

    private void Authenticate(HttpRequestMessage request, byte[] body)
    {
        var authentication = _options.Authentication;
        switch (authentication.Kind)
        {
            case AuthenticationKind.Bearer:
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", authentication.Token);
                break;
            case AuthenticationKind.Basic:
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{authentication.UserName}:{authentication.Password}")));
                break;
            case AuthenticationKind.Hmac:
                var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
                request.Headers.TryAddWithoutValidation(authentication.TimestampHeader, timestamp);
                byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp), (byte)'.', .. body];
                request.Headers.TryAddWithoutValidation(
                    authentication.SignatureHeader, Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromBase64String(authentication.Secret), signed)));
                break;
        }
    }

    private DeliveryOutcome Judge(int status, string? answer, RetryConditionHeaderValue? retryAfter)
    {
        var json = Parse(answer);
        var error = _options.ErrorPath is { } path && json is { } root ? JsonPlace.Find(root, path) : null;
        var detail = Cut($"{status} {error ?? answer}".Trim());
        if (status is >= 200 and < 300)
        {
            // Who tells refusals in the answer's text has not told anything when the text did not arrive.
            if (_options.ErrorPath is not null && json is null) return Doubtful($"{Name} answered {status} with nothing readable");
            if (error is not null && !_options.NoErrorValues.Contains(error)) return new DeliveryOutcome.Rejected("provider_rejected", detail);
            return new DeliveryOutcome.Accepted(_options.ReferencePath is { } place && json is { } found ? Cut(JsonPlace.Find(found, place)) : null, Name);
        }

        if (_options.PermanentStatuses.Contains(status)) return new DeliveryOutcome.Rejected("provider_rejected", detail);
        if (_options.TemporaryStatuses.Contains(status)) return new DeliveryOutcome.Deferred(detail, Pause(retryAfter), Counts: true);

        // Our key or our address for the provider is wrong, or it sends us elsewhere: not this message's fault, and true of all that follow.
        if (status is (>= 300 and < 400) or 401 or 403 or 405 or 407) return new DeliveryOutcome.Deferred(detail, null, Counts: false);
        return Doubtful(detail);
    }

    /// <summary>The provider may have taken the message.</summary>
    private DeliveryOutcome Doubtful(string detail) => _options.Idempotent ? new DeliveryOutcome.Deferred(Cut(detail), null, Counts: true) : new DeliveryOutcome.Unknown(Cut(detail));

    private TimeSpan? Pause(RetryConditionHeaderValue? retryAfter)
    {
        var asked = retryAfter?.Delta ?? retryAfter?.Date - _time.GetUtcNow();
        return asked is { } pause && pause > TimeSpan.Zero ? (pause < TimeSpan.FromHours(1) ? pause : TimeSpan.FromHours(1)) : null;
    }

    private static JsonElement? Parse(string? answer)
    {
        try
        {
            return string.IsNullOrWhiteSpace(answer) ? null : JsonSerializer.Deserialize<JsonElement>(answer);
        }
        catch (JsonException)
        {
            return null; // an answer in another form than JSON: its status tells
        }
    }

    /// <summary>Null where it did not come whole, or is longer than any provider's needs to be: the status has come, and nobody keeps us reading.</summary>
    private static async Task<string?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[MaxAnswerBytes + 1];
            var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return length > MaxAnswerBytes ? null : Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private static string Cut(string? text)
    {
        var line = new string([.. (text ?? "").Select(character => char.IsControl(character) ? ' ' : character)]);
        return line.Length > MaxDetail ? line[..MaxDetail] : line;
    }

    /// <summary>Knows whether its writing has begun: until then nothing of the request has left, and nobody can have taken it.</summary>
    private sealed class TrackedContent : HttpContent
    {
        public TrackedContent(byte[] bytes, string contentType)
        {
            Bytes = bytes;
            Headers.ContentType = new MediaTypeHeaderValue(contentType) { CharSet = "utf-8" };
        }

        public byte[] Bytes { get; }

        public bool Begun { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            Begun = true;
            return stream.WriteAsync(Bytes, cancellationToken).AsTask();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Bytes.Length;
            return true;
        }
    }
}
