using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Crm.AppHost;

/// <summary>The words that Program.cs describes workloads with.</summary>
internal static class WorkloadExtensions
{
    public static IResourceBuilder<ProjectResource> WithGrpc(this IResourceBuilder<ProjectResource> workload)
        => workload.WithHttpEndpoint(name: "grpc", env: "GRPC_PORT");

    /// <summary>
    /// A dozen processes share the machine: what the compiler and other native code gave back goes to the system at once (mallopt(3)'s
    /// M_TRIM_THRESHOLD and M_MMAP_THRESHOLD), pools keep few arrays of a size, and garbage is collected after 8 MiB. A <paramref name="large"/> workload pays for its many
    /// routes and models: it collects after 1 MiB, and compiles each method once instead of first quickly and then well, which would keep both.
    /// </summary>
    public static IResourceBuilder<ProjectResource> SharesASmallMachine(this IResourceBuilder<ProjectResource> workload, bool large)
    {
        workload.WithEnvironment("DOTNET_GCgen0size", large ? "0x100000" : "0x800000")
            .WithEnvironment("DOTNET_SYSTEM_BUFFERS_SHAREDARRAYPOOL_MAXARRAYSPERPARTITION", "4")
            .WithEnvironment("MALLOC_ARENA_MAX", "2")
            .WithEnvironment("MALLOC_TRIM_THRESHOLD_", "65536").WithEnvironment("MALLOC_MMAP_THRESHOLD_", "65536");
        return large ? workload.WithEnvironment("DOTNET_TieredCompilation", "0") : workload;
    }

    /// <summary>The workload signs its internal tokens with its own key.</summary>
    public static IResourceBuilder<ProjectResource> WithInternalTokens(this IResourceBuilder<ProjectResource> workload, DevelopmentKeys keys, string name)
        => workload.WithAnnotation(new KeysAnnotation(keys))
            .WithEnvironment("InternalTokens__Issuer", name)
            .WithEnvironment("InternalTokens__PrivateKey", () => keys.PrivateKeyOf(name));

    /// <summary>The workload accepts internal tokens that these workloads signed, and no others.</summary>
    public static IResourceBuilder<ProjectResource> Trusts(this IResourceBuilder<ProjectResource> workload, params string[] issuers)
    {
        var keys = KeysOf(workload);
        foreach (var issuer in issuers)
            workload.WithEnvironment($"InternalTokens__TrustedIssuers__{issuer}", () => keys.PublicKeyOf(issuer));
        return workload;
    }

    /// <summary>Where links in mails lead, and the key that signs them; the campaign service and its sender must agree on both.</summary>
    public static IResourceBuilder<ProjectResource> WithCampaignLinks(this IResourceBuilder<ProjectResource> workload, int gatewayPort)
    {
        var keys = KeysOf(workload);
        return workload.WithEnvironment("Campaign__PublicBaseUrl", $"http://localhost:{gatewayPort.ToString(CultureInfo.InvariantCulture)}")
            .WithEnvironment("Campaign__LinkKey", () => keys.RandomKey("campaign-link-key"));
    }

    /// <summary>Where the links to people's own pages lead, and the key that links, tombstones and certificates depend on.</summary>
    public static IResourceBuilder<ProjectResource> WithPrivacyLinks(this IResourceBuilder<ProjectResource> workload, int gatewayPort)
    {
        var keys = KeysOf(workload);
        return workload.WithEnvironment("Privacy__PublicBaseUrl", $"http://localhost:{gatewayPort.ToString(CultureInfo.InvariantCulture)}")
            .WithEnvironment("Privacy__LinkKey", () => keys.RandomKey("privacy-link-key"));
    }

    /// <summary>Providers of channels that the simulator can show delivery receipts for.</summary>
    private static readonly string[] SimulatedChannels = ["sms", "whatsapp", "push", "webhook"];

    /// <summary>Every channel that goes through a gateway goes to the simulator, as to a provider that recognises keys.</summary>
    public static IResourceBuilder<ProjectResource> SendsToSimulator(this IResourceBuilder<ProjectResource> workload, EndpointReference simulator)
    {
        var keys = KeysOf(workload);
        foreach (var channel in SimulatedChannels)
        {
            var provider = $"Providers__{channel}-simulator";
            workload.WithEnvironment($"{provider}__Channel", channel)
                .WithEnvironment($"{provider}__Url", ReferenceExpression.Create($"{simulator.Property(EndpointProperty.Url)}/{channel}/messages"))
                .WithEnvironment($"{provider}__ReferencePath", channel == "push" ? "id" : "messages[0].id")
                .WithEnvironment($"{provider}__Idempotent", "true");
        }

        return workload.WithEnvironment("Providers__webhook-simulator__Authentication__Kind", "Hmac")
            .WithEnvironment("Providers__webhook-simulator__Authentication__Secret", () => keys.RandomKey("webhook-key"));
    }

    public static IResourceBuilder<ProjectResource> TakesReceiptsOfSimulator(this IResourceBuilder<ProjectResource> workload)
    {
        var keys = KeysOf(workload);
        foreach (var channel in SimulatedChannels) workload.WithEnvironment($"Receipts__{channel}-simulator__Secret", () => keys.RandomKey("provider-receipt-key"));
        return workload;
    }

    private static DevelopmentKeys KeysOf(IResourceBuilder<ProjectResource> workload)
        => workload.Resource.Annotations.OfType<KeysAnnotation>().Single().Keys;

    private sealed record KeysAnnotation(DevelopmentKeys Keys) : IResourceAnnotation;
}
