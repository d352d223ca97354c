using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Crm.Probe;

/// <summary>
/// The platform as a machine client sees it: through the gateway, with a token of the identity provider. As such a client should, it sends a
/// request again, with the same key, when the answer is 503 with <c>Retry-After</c> (RFC 9110, 10.2.3): for at most the patience, and counted.
/// Every other answer is final.
/// </summary>
internal sealed class PlatformApi(ProbeOptions options, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = options.Gateway, Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>How many answers were "not now, try again".</summary>
    public int SentAgain { get; private set; }

    public async Task SignInAsync(CancellationToken cancellationToken)
    {
        var endpoint = options.TokenEndpoint;
        if (endpoint is null)
        {
            var discovery = await _http.GetFromJsonAsync<JsonElement>(options.Authority!.AbsoluteUri.TrimEnd('/') + "/.well-known/openid-configuration", cancellationToken);
            endpoint = new Uri(discovery.GetProperty("token_endpoint").GetString()!);
        }

        var fields = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = options.ClientId, ["client_secret"] = options.ClientSecret };
        if (options.Scope is not null) fields["scope"] = options.Scope;
        using var form = new FormUrlEncodedContent(fields);
        using var response = await _http.PostAsync(endpoint, form, cancellationToken);
        if (!response.IsSuccessStatusCode) throw new ProbeException($"The identity provider answers {(int)response.StatusCode} to client {options.ClientId}.");
        var token = (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("access_token").GetString();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <param name="version">For an update: the version that was seen.</param>
    public Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken, long? version = null) => SendAsync(HttpMethod.Post, path, body, version, cancellationToken);

    public Task<JsonElement> PutAsync(string path, object body, long version, CancellationToken cancellationToken) => SendAsync(HttpMethod.Put, path, body, version, cancellationToken);

    /// <summary>Null: there is no such record.</summary>
    public async Task<JsonElement?> FindAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(response, "GET " + path, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, long? version, CancellationToken cancellationToken)
    {
#pragma warning disable RS0030 // a key of the request, not an identifier of the domain
        var key = Guid.NewGuid().ToString();
#pragma warning restore RS0030
        using var response = await SendAsync(Request, cancellationToken);
        return await ReadAsync(response, $"{method} {path}", cancellationToken);

        HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, body.GetType()) };
            if (method == HttpMethod.Post) request.Headers.Add("Idempotency-Key", key);
            if (version is not null) request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
            return request;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            using var request = make();
            var response = await _http.SendAsync(request, cancellationToken);
            if (response is not { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter.Delta: { } wait } || time.GetElapsedTime(started) + wait > options.Patience) return response;
            response.Dispose();
            SentAgain++;
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, string request, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode) throw new ProbeException($"{request} answers {(int)response.StatusCode}: {(text.Length > 300 ? text[..300] : text)}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
