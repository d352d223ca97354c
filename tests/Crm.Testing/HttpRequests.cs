using System.Net.Http.Json;
using System.Text.Json;
using Crm.ServiceDefaults.Hosting;

namespace Crm.Testing;

/// <summary>Requests as clients of the API make them.</summary>
public static class HttpRequests
{
    private static readonly Ids Ids = new(TimeProvider.System);

    /// <summary>POST with an <c>Idempotency-Key</c> (a fresh one unless given). The body may be a string (sent as it is) or an object.</summary>
    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, string path, object? body, string? key = null) =>
        client.SendAsync(Request(HttpMethod.Post, path, body, request => request.Headers.Add("Idempotency-Key", key ?? Ids.Next().ToString())));

    /// <summary>PUT with <c>If-Match</c>.</summary>
    public static Task<HttpResponseMessage> PutAsync(this HttpClient client, string path, object? body, long version) =>
        client.SendAsync(Request(HttpMethod.Put, path, body, request => request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"")));

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"{(int)response.StatusCode} with a body that is not JSON: {text}");
        }
    }

    /// <summary>The JSON body of a success; otherwise throws with the problem that came instead.</summary>
    public static async Task<JsonElement> OkJsonAsync(this Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        return response.IsSuccessStatusCode
            ? await response.JsonAsync()
            : throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    /// <summary>Status, stable code and field of a refusal.</summary>
    public static async Task<(int Status, string? Code, string? Field)> ProblemAsync(this Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        var body = await response.JsonAsync();
        return ((int)response.StatusCode, Text(body, "code"), Text(body, "field"));
    }

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static HttpRequestMessage Request(HttpMethod method, string path, object? body, Action<HttpRequestMessage> headers)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Content = body is string text ? new StringContent(text, System.Text.Encoding.UTF8, "application/json") : body is null ? null : JsonContent.Create(body, body.GetType()),
        };
        headers(request);
        return request;
    }
}
