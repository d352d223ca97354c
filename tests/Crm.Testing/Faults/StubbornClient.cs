using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Crm.Testing.Faults;

/// <summary>
/// A department's system that must not lose anything: writes down what it wants, and asks with the same key until it is answered.
/// </summary>
public sealed class StubbornClient : IDisposable
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TokenAge = TimeSpan.FromMinutes(2);
    private readonly Platform _platform;
    private readonly ClientLedger _ledger;
    private readonly CancellationToken _givenUp;
    private readonly HttpClient _http;
    private readonly GrpcChannel _channel;
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private string _token = "";
    private long _tokenFrom;

    /// <param name="givenUp">When it ends, what is still unanswered stays so.</param>
    public StubbornClient(Platform platform, ClientLedger ledger, CancellationToken givenUp)
    {
        (_platform, _ledger, _givenUp) = (platform, ledger, givenUp);
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(platform.Gateway), Timeout = AttemptTimeout };
        _channel = GrpcChannel.ForAddress($"http://localhost:{platform.IngressPort}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false },
            DisposeHttpClient = true,
        });
    }

    /// <summary>The answer's body, or null where it was refused or never answered.</summary>
    /// <param name="twice">Sends it twice at once, as an impatient client would: both must get the same answer.</param>
    public async Task<JsonElement?> PostAsync(Effect effect, string path, string key, object body, bool twice = false)
    {
        _ledger.Intend(effect, key);
        if (!twice) return await AttemptUntilAnsweredAsync(effect, path, key, body) is { } text ? Parse(text) : null;

        var both = await Task.WhenAll(AttemptUntilAnsweredAsync(effect, path, key, body), AttemptUntilAnsweredAsync(effect, path, key, body));
        if (both[0] is null || both[1] is null) return null;
        if (!JsonElement.DeepEquals(Parse(both[0]!), Parse(both[1]!))) _ledger.Disagree(effect, key, both[0]!, both[1]!);
        return Parse(both[0]!);
    }

    public async Task<bool> ImportAsync(IReadOnlyList<ImportedCustomer> customers)
    {
        var client = new CustomerIngestion.CustomerIngestionClient(_channel);
        return await StreamAsync(Effect.Import, [.. customers.Select(customer => customer.SourceId)], async headers =>
        {
            using var call = client.Import(headers, TimeProvider.System.GetUtcNow().UtcDateTime + AttemptTimeout);
            foreach (var part in customers.Chunk(10)) await call.RequestStream.WriteAsync(new ImportRequest { Customers = { part } });
            await call.RequestStream.CompleteAsync();
            return (await call).Rejections.ToDictionary(rejection => rejection.SourceId, rejection => rejection.Code);
        });
    }

    public async Task<bool> IngestAsync(IReadOnlyList<PurchaseRecord> purchases)
    {
        var client = new PurchaseIngestion.PurchaseIngestionClient(_channel);
        return await StreamAsync(Effect.Purchase, [.. purchases.Select(purchase => purchase.SourceId)], async headers =>
        {
            using var call = client.Ingest(headers, TimeProvider.System.GetUtcNow().UtcDateTime + AttemptTimeout);
            foreach (var part in purchases.Chunk(10)) await call.RequestStream.WriteAsync(new IngestRequest { Purchases = { part } });
            await call.RequestStream.CompleteAsync();
            return (await call).Rejections.ToDictionary(rejection => rejection.SourceId, rejection => rejection.Code);
        });
    }

    public void Dispose()
    {
        _channel.Dispose();
        _http.Dispose();
        _refreshing.Dispose();
    }

    private async Task<string?> AttemptUntilAnsweredAsync(Effect effect, string path, string key, object body)
    {
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType()) };
                request.Headers.Add("Idempotency-Key", key);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync());
                using var response = await _http.SendAsync(request, _givenUp);
                var text = await response.Content.ReadAsStringAsync(_givenUp);
                if (response.IsSuccessStatusCode)
                {
                    _ledger.Ok(effect, key);
                    return text;
                }

                if (!IsPassing(response.StatusCode, text))
                {
                    _ledger.Refuse(effect, key, $"{(int)response.StatusCode} {text}");
                    return null;
                }

                _ledger.NotAnswered(effect, key, $"{(int)response.StatusCode} {text}");
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or InvalidOperationException)
            {
                _ledger.NotAnswered(effect, key, exception.Message);
            }

            if (_givenUp.IsCancellationRequested) return null;
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>True when every item was taken. The whole stream is sent again until it is answered: the items' keys make that harmless.</summary>
    private async Task<bool> StreamAsync(Effect effect, string[] keys, Func<Metadata, Task<Dictionary<string, string>>> call)
    {
        foreach (var key in keys) _ledger.Intend(effect, key);
        while (true)
        {
            try
            {
                var rejected = await call(new Metadata { { "authorization", "Bearer " + await TokenAsync() } });
                foreach (var key in keys)
                {
                    if (rejected.TryGetValue(key, out var code)) _ledger.Refuse(effect, key, code);
                    else _ledger.Ok(effect, key);
                }

                return rejected.Count == 0;
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied)
            {
                foreach (var key in keys) _ledger.Refuse(effect, key, exception.Message);
                return false;
            }
            catch (Exception exception) when (exception is RpcException or HttpRequestException or OperationCanceledException or InvalidOperationException)
            {
                foreach (var key in keys) _ledger.NotAnswered(effect, key, exception.Message);
            }

            if (_givenUp.IsCancellationRequested) return false;
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>No answer to the question itself; the same request later gets one.</summary>
    private static bool IsPassing(HttpStatusCode status, string text) =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized
        || (status == HttpStatusCode.Conflict && text.Contains("request.in_progress", StringComparison.Ordinal));

    private async Task<string> TokenAsync()
    {
        await _refreshing.WaitAsync(_givenUp);
        try
        {
            if (_token.Length == 0 || Stopwatch.GetElapsedTime(_tokenFrom) > TokenAge)
            {
                (_token, _tokenFrom) = (await _platform.TokenAsync("seed"), Stopwatch.GetTimestamp());
            }

            return _token;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private static JsonElement Parse(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
