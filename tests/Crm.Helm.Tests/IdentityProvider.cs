using System.Diagnostics;
using System.Text.Json;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>The development identity provider as a process, with a machine client's token.</summary>
public sealed class IdentityProvider : IAsyncDisposable
{
    public const string WebSecret = "a-secret-of-the-web-client-for-tests";
    private readonly Process _process;
    private readonly string _usersFile;

    private IdentityProvider(Process process, string issuer, string usersFile) => (_process, Issuer, _usersFile) = (process, issuer, usersFile);

    public string Issuer { get; }

    public string UsersFile => _usersFile;

    public static async Task<(IdentityProvider Provider, string Token)> StartAsync()
    {
        var port = RunningWorkload.FreePort();
        var issuer = $"http://localhost:{port}";
        var usersFile = Path.Combine(Path.GetTempPath(), $"crm-users-{Path.GetRandomFileName()}.json");
        var start = new ProcessStartInfo("dotnet", [RunningWorkload.PathOf("Crm.DevIdp")]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var (key, value) in new[]
        {
            ("ASPNETCORE_ENVIRONMENT", "Development"), ("BIND_ADDRESS", "127.0.0.1"), ("HTTP_PORT", $"{port}"), ("DevIdp__Issuer", issuer), ("DevIdp__UsersFile", usersFile),
            ("DevIdp__RedirectUris__0", "http://localhost/signin/callback"), ("DevIdp__ClientSecrets__gateway", WebSecret),
        })
        {
            start.Environment[key] = value;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        var provider = new IdentityProvider(process, issuer, usersFile);
        using var http = new HttpClient(new SocketsHttpHandler());
        await Eventually.Holds(async () => (await http.GetAsync(issuer + "/health/ready")).EnsureSuccessStatusCode());
        using var users = JsonDocument.Parse(await File.ReadAllTextAsync(usersFile));
        var client = users.RootElement.GetProperty("clients").EnumerateArray().Single(client => client.GetProperty("clientId").GetString() == "sales-shop");
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", "sales-shop"), new("client_secret", client.GetProperty("clientSecret").GetString()!)]);
        var answer = await http.PostAsync(issuer + "/token", form).OkJsonAsync();
        return (provider, answer.GetProperty("access_token").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        File.Delete(_usersFile);
    }
}
