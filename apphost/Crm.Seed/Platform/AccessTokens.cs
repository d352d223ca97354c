using System.Net.Http.Json;
using System.Text.Json;

namespace Crm.Seed.Platform;

/// <summary>Access tokens by client credentials (RFC 6749 section 4.4), a new one before the old ends.</summary>
internal sealed class AccessTokens(HttpClient http, PlatformAddress address, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);
    private readonly SemaphoreSlim _one = new(1, 1);
    private string _token = "";
    private DateTimeOffset _usableUntil = DateTimeOffset.MinValue;

    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (time.GetUtcNow() >= _usableUntil) await RefreshAsync(cancellationToken);
            return _token;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", address.ClientId), new("client_secret", address.ClientSecret),
        ]);
        HttpResponseMessage response;
        try
        {
            response = await http.PostAsync(address.TokenEndpoint, form, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            throw SeedException.NotRunning(exception);
        }

        using (response)
        {
            if (!response.IsSuccessStatusCode) throw new SeedException($"The identity provider refuses the client '{address.ClientId}' ({(int)response.StatusCode}).");
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            _token = answer.GetProperty("access_token").GetString()!;
            _usableUntil = time.GetUtcNow() + TimeSpan.FromSeconds(answer.GetProperty("expires_in").GetInt32()) - Margin;
        }
    }
}
