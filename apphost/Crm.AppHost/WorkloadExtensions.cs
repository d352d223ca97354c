using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Crm.AppHost;

/// <summary>The words that Program.cs describes workloads with.</summary>
internal static class WorkloadExtensions
{
    public static IResourceBuilder<ProjectResource> WithGrpc(this IResourceBuilder<ProjectResource> workload)
        => workload.WithHttpEndpoint(name: "grpc", env: "GRPC_PORT");

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

    private static DevelopmentKeys KeysOf(IResourceBuilder<ProjectResource> workload)
        => workload.Resource.Annotations.OfType<KeysAnnotation>().Single().Keys;

    private sealed record KeysAnnotation(DevelopmentKeys Keys) : IResourceAnnotation;
}
