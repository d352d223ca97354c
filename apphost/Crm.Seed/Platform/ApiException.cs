using System.Net;
using System.Text.Json;

namespace Crm.Seed.Platform;

/// <summary>A refusal (RFC 9457) of the platform, with its stable code.</summary>
internal sealed class ApiException(HttpStatusCode status, string code, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>The same request may succeed in a moment.</summary>
    public bool IsPassing => Code == "request.in_progress"
        || Status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    public static async Task<ApiException> FromAsync(HttpMethod method, string path, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var code = "";
        try
        {
            using var problem = JsonDocument.Parse(text);
            if (problem.RootElement.TryGetProperty("code", out var found)) code = found.GetString() ?? "";
        }
        catch (JsonException)
        {
            // Not one of the platform's own answers: its text says what there is to say.
        }

        return new ApiException(response.StatusCode, code, $"{method} {path} answers {(int)response.StatusCode}: {text}");
    }
}
