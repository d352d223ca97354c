using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Crm.Customer.Contracts.V1;
using Crm.Sales.Contracts.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Crm.Seed.Platform;

/// <summary>
/// The platform as a department's system sees it: REST at the gateway, streams at the gateway's gRPC ingress. Everything that is sent
/// can be sent again (keys), so whatever does not answer is tried a few times.
/// </summary>
internal sealed class PlatformClient : IDisposable
{
    private const int Attempts = 7;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly HttpClient _http;
    private readonly GrpcChannel _channel;
    private readonly AccessTokens _tokens;
    private readonly PlatformAddress _address;
    private readonly TimeProvider _time;

    private PlatformClient(HttpClient http, GrpcChannel channel, AccessTokens tokens, PlatformAddress address, TimeProvider time)
    {
        (_http, _channel, _tokens, _address, _time) = (http, channel, tokens, address, time);
        CustomerIngestion = new CustomerIngestion.CustomerIngestionClient(channel);
        PurchaseIngestion = new PurchaseIngestion.PurchaseIngestionClient(channel);
    }

    public CustomerIngestion.CustomerIngestionClient CustomerIngestion { get; }

    public PurchaseIngestion.PurchaseIngestionClient PurchaseIngestion { get; }

    public static PlatformClient Connect(PlatformAddress address, TimeProvider time)
    {
        // Never through a proxy: the platform is on this machine.
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) });
        var channel = GrpcChannel.ForAddress(address.GrpcIngress, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) },
            DisposeHttpClient = true,
        });
        return new PlatformClient(http, channel, new AccessTokens(http, address, time), address, time);
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        await TryGetAsync(path, cancellationToken) ?? throw new SeedException($"GET {path}: not found.");

    /// <summary>Null where there is none (404).</summary>
    public Task<JsonElement?> TryGetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, null, null, cancellationToken);

    /// <param name="key">Idempotency key, made from what is meant: the same again gets the stored answer.</param>
    /// <param name="version">Version of the record that is changed.</param>
    public async Task<JsonElement> PostAsync(string path, object body, string key, CancellationToken cancellationToken, long? version = null) =>
        await SendAsync(HttpMethod.Post, path, body, key, version, cancellationToken) ?? throw new SeedException($"POST {path}: not found.");

    /// <summary>All items of a list, page by page.</summary>
    public async IAsyncEnumerable<JsonElement> ListAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await GetAsync($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=200{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}", cancellationToken);
            foreach (var item in page.GetProperty("items").EnumerateArray()) yield return item;
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
    }

    /// <summary>Makes a streaming call, again where the platform was not there for a moment; the call must be safe to repeat.</summary>
    public async Task<T> CallAsync<T>(Func<Metadata, Task<T>> call, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var headers = new Metadata { { "authorization", "Bearer " + await _tokens.GetAsync(cancellationToken) } };
            try
            {
                return await call(headers);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(exception.Message, exception, cancellationToken);
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.Aborted or StatusCode.ResourceExhausted && attempt < Attempts)
            {
                await Task.Delay(DelayAfter(attempt), _time, cancellationToken);
            }
            catch (RpcException exception)
            {
                throw new SeedException($"The platform's ingestion answers {exception.StatusCode}: {exception.Status.Detail}", 1, exception);
            }
        }
    }

    public void Dispose()
    {
        _channel.Dispose();
        _tokens.Dispose();
        _http.Dispose();
    }

    private static TimeSpan DelayAfter(int attempt) => FirstDelay * Math.Pow(2, attempt - 1);

    private async Task<JsonElement?> SendAsync(HttpMethod method, string path, object? body, string? key, long? version, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, new Uri(_address.Gateway, path));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _tokens.GetAsync(cancellationToken));
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            if (version is not null) request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{version}\""));
            if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: Json);
            try
            {
                using var response = await _http.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode) return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
                if (response.StatusCode == HttpStatusCode.NotFound) return null;
                var refusal = await ApiException.FromAsync(method, path, response, cancellationToken);
                if (!refusal.IsPassing || attempt == Attempts) throw refusal;
            }
            catch (HttpRequestException exception)
            {
                if (attempt == Attempts) throw SeedException.NotRunning(exception);
            }
            catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                if (attempt == Attempts) throw new SeedException($"{method} {path}: no answer.", 1, exception);
            }

            await Task.Delay(DelayAfter(attempt), _time, cancellationToken);
        }
    }
}
