using System.Globalization;
using System.Text.Json;

namespace Crm.Seed.Platform;

/// <summary>Where the running platform is, and as whom the seeder comes: a machine client of the identity provider.</summary>
internal sealed record PlatformAddress(Uri Gateway, Uri GrpcIngress, Uri TokenEndpoint, string ClientId, string ClientSecret)
{
    private const string Client = "seed";

    /// <summary>The same settings as <c>./crm</c> and the app host.</summary>
    public static PlatformAddress FromEnvironment()
    {
        var home = Environment.GetEnvironmentVariable("CRM_HOME") is { Length: > 0 } set ? set : Path.Combine(RepositoryRoot(), ".crm");
        var (id, secret) = Credentials(Path.Combine(home, "secrets", "dev-users.json"));
        return new PlatformAddress(
            Local("CRM_GATEWAY_PORT", 8080, ""), Local("CRM_GRPC_INGRESS_PORT", 8081, ""), Local("CRM_IDP_PORT", 8085, "token"), id, secret);
    }

    private static Uri Local(string variable, int standard, string path)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(text)) return new Uri($"http://localhost:{standard}/{path}");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? new Uri($"http://localhost:{port}/{path}")
            : throw new SeedException($"{variable} is '{text}', which is not a port.", 2);
    }

    private static (string Id, string Secret) Credentials(string path)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var client in file.RootElement.GetProperty("clients").EnumerateArray())
            {
                if (client.GetProperty("clientId").GetString() == Client) return (Client, client.GetProperty("clientSecret").GetString()!);
            }

            throw new SeedException($"{path} has no client '{Client}'. Delete the file and start the platform again: it is made anew.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw SeedException.NotRunning(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException)
        {
            throw new SeedException($"Cannot read the sign-in from {path}: {exception.Message}", 1, exception);
        }
    }

    private static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "CrmPlatform.sln"))) return directory.FullName;
        }

        return Directory.GetCurrentDirectory();
    }
}
