using System.Globalization;
using Aspire.Hosting;
using Microsoft.Extensions.Configuration;

namespace Crm.AppHost;

/// <summary>What may be chosen from outside, by environment variables or arguments of the same name.</summary>
internal sealed class AppHostSettings
{
    private readonly Dictionary<string, int> replicas;

    private AppHostSettings(IConfiguration configuration, string appHostDirectory)
    {
        var home = configuration["CRM_HOME"] is { Length: > 0 } given ? given : Path.Combine(RepositoryRoot(appHostDirectory), ".crm");
        SecretsDirectory = Path.Combine(Path.GetFullPath(home), "secrets");
        GatewayPort = Port("CRM_GATEWAY_PORT", 8080);
        GrpcIngressPort = Port("CRM_GRPC_INGRESS_PORT", 8081);
        MailPort = Port("CRM_MAIL_PORT", 8025);
        ProviderPort = Port("CRM_PROVIDER_PORT", 8026);
        IdentityProviderPort = Port("CRM_IDP_PORT", 8085);
        replicas = ReadReplicas(configuration["CRM_REPLICAS"]);

        int Port(string name, int usual)
        {
            if (configuration[name] is not { Length: > 0 } text) return usual;
            return int.TryParse(text, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? port : throw new InvalidSettingException($"{name} is '{text}', which is no port (1 to 65535).");
        }
    }

    public string SecretsDirectory { get; }
    public int GatewayPort { get; }
    public int GrpcIngressPort { get; }
    public int MailPort { get; }
    public int ProviderPort { get; }
    public int IdentityProviderPort { get; }

    public int ReplicasOf(string workload) => replicas.GetValueOrDefault(workload, 1);

    /// <summary>Also sets the status page's port, 8090 unless chosen.</summary>
    public static AppHostSettings From(IDistributedApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["CRM_STATUS_PORT"])) builder.Configuration["CRM_STATUS_PORT"] = "8090";
        try
        {
            return new AppHostSettings(builder.Configuration, builder.AppHostDirectory);
        }
        catch (InvalidSettingException exception)
        {
            Console.Error.WriteLine(exception.Message);
            Environment.Exit(1);
            throw;
        }
    }

    /// <summary>CRM_REPLICAS="customer=2,campaign-sender=3".</summary>
    private static Dictionary<string, int> ReadReplicas(string? text)
    {
        var result = new Dictionary<string, int>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            result[part.Split('=')[0]] = part.Split('=') is [_, var number] && int.TryParse(number, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 32
                ? count : throw new InvalidSettingException($"CRM_REPLICAS has '{part}'; it takes NAME=NUMBER, the number from 1 to 32.");
        }
        return result;
    }

    private static string RepositoryRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (folder.EnumerateFiles("*.sln").Any()) return folder.FullName;
        }
        return start;
    }
}

/// <summary>A setting of the app host has an impossible value; the message names it.</summary>
internal sealed class InvalidSettingException(string message) : Exception(message);
