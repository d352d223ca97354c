using System.Text.Json;

namespace Crm.Probe;

/// <summary>What the probe needs to know, from its environment (<c>Probe__Gateway</c> and so on; the chart and <c>./crm probe</c> set it).</summary>
/// <param name="Gateway">Where the platform is reached, without a path.</param>
/// <param name="TokenEndpoint">Where a machine client gets its token; else it is read from <paramref name="Authority"/>'s discovery document.</param>
/// <param name="Name">Keeps the records of several probes apart.</param>
/// <param name="Patience">How long an event may take to its consumer: the SLO is 10 s for 99 of 100.</param>
/// <param name="MetricsFile">Prometheus' text format, for the textfile collector; null: none is written.</param>
internal sealed record ProbeOptions(
    Uri Gateway, Uri? TokenEndpoint, Uri? Authority, string ClientId, string ClientSecret, string? Scope, string Name, TimeSpan Patience, string? MetricsFile)
{
    public static ProbeOptions FromEnvironment()
    {
        var (clientId, clientSecret) = Text("Probe__UsersFile") is { } file ? FromUsersFile(file) : (Needed("Probe__ClientId"), Needed("Probe__ClientSecret"));
        var options = new ProbeOptions(
            Address("Probe__Gateway") ?? throw new ProbeException("Probe__Gateway is not set."), Address("Probe__TokenEndpoint"), Address("Probe__Authority"),
            clientId, clientSecret, Text("Probe__Scope"), Text("Probe__Name") ?? "cluster",
            Text("Probe__Patience") is { } patience ? TimeSpan.Parse(patience, System.Globalization.CultureInfo.InvariantCulture) : TimeSpan.FromSeconds(30),
            Text("Probe__MetricsFile"));
        return options.TokenEndpoint is null && options.Authority is null ? throw new ProbeException("Set Probe__Authority or Probe__TokenEndpoint.") : options;
    }

    private static string? Text(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Needed(string name) => Text(name) ?? throw new ProbeException(name + " is not set.");

    private static Uri? Address(string name) => Text(name) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : throw new ProbeException($"{name} is '{text}', which is no address.");

    /// <summary>Locally: the machine client that the development identity provider made for loading data.</summary>
    private static (string, string) FromUsersFile(string path)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(path));
        var client = file.RootElement.GetProperty("clients").EnumerateArray().First(client => client.GetProperty("clientId").GetString() == "seed");
        return ("seed", client.GetProperty("clientSecret").GetString()!);
    }
}

/// <summary>The probe itself cannot run, or found something wrong; the message says what.</summary>
internal sealed class ProbeException(string message) : Exception(message);
