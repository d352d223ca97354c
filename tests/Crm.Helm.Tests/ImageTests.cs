using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>Images built by buildah and started as a pod starts them: user 1654, a root that nobody can write, its own entry point.</summary>
public sealed class ImageTests
{
    [ImageFact]
    public async Task A_service_and_the_gateway_with_its_console_start_from_their_images()
    {
        var images = await BuildAsync("services/Customer/Crm.Customer", "gateway/Crm.Gateway");
        await using var servers = await IsolatedServers.CreateAsync("image");
        await using var customer = await RunningWorkload.StartAsync(
            InImage(images["services/Customer/Crm.Customer"]), "customer", servers, ("ASPNETCORE_ENVIRONMENT", "Production"), ("Customer__PublicBaseUrl", "https://crm.example.com"));
        var created = await customer.ClientFor("sales-rep").PostAsync("/api/customer/v1/customers", new { displayName = "Siti Ç. Nurhaliza" }).OkJsonAsync();
        Assert.Equal("Siti Ç. Nurhaliza", created.GetProperty("displayName").GetString());
        Assert.Equal(0, await customer.StopAsync());

        var (idp, _) = await IdentityProvider.StartAsync();
        await using var _ = idp;
        await using var sessions = await IsolatedServers.CreateAsync("image_gateway");
        await using var gateway = await RunningWorkload.StartAsync(
            InImage(images["gateway/Crm.Gateway"]), "gateway", sessions,
            [
                .. new[] { "customer", "sales", "service", "loyalty", "campaign", "analytics" }.SelectMany(name => new[] { ($"services__{name}__http__0", "http://127.0.0.1:1"), ($"services__{name}__grpc__0", "http://127.0.0.1:1") }),
                ("Oidc__Authority", idp.Issuer), ("Oidc__ClientSecret", IdentityProvider.WebSecret),
            ]);
        using var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(gateway.Http) };
        var script = Path.GetFileName(Directory.GetFiles(Path.Combine(images["gateway/Crm.Gateway"], "app", "wwwroot", "console", "assets"), "index-*.js").First());
        Assert.Equal("text/javascript", (await client.GetAsync("/console/assets/" + script)).Content.Headers.ContentType?.MediaType);
        Assert.Equal(0, await gateway.StopAsync());
    }

    /// <summary>Project to the folder of its image's root.</summary>
    private static async Task<Dictionary<string, string>> BuildAsync(params string[] projects)
    {
        var (code, output, errors) = await Charts.RunAsync(Repository.PathOf("deploy", "docker", "try.sh"), [ImageFactAttribute.Folder!, .. projects], Repository.Root);
        Assert.True(code == 0, errors[Math.Max(0, errors.Length - 4000)..]);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => parts[1]);
    }

    private static ProcessStartInfo InImage(string root)
    {
        var entryPoint = JsonSerializer.Deserialize<string[]>(Regex.Match(File.ReadAllText(Repository.PathOf("deploy", "docker", "Dockerfile")), @"ENTRYPOINT (\[.*\])").Groups[1].Value)!;
        const string pod = """
            mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount -t tmpfs tmpfs "$0/tmp" && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" || exit 125
            ! touch "$0/app/written" 2>/dev/null || exit 126
            exec chroot --userspec=1654:1654 "$0" env -C /app "$@"
            """;
        var start = new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "sh", "-c", pod, root, .. entryPoint]);
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/share/dotnet";
        return start;
    }
}

/// <summary>A test that builds images, for minutes, in the folder that <c>CRM_IMAGES</c> names; counted as skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ImageFactAttribute : FactAttribute
{
    public ImageFactAttribute()
    {
        if (string.IsNullOrEmpty(Folder)) Skip = "CRM_IMAGES names no folder to build images in (needs root, buildah, debootstrap)";
    }

    public static string? Folder => Environment.GetEnvironmentVariable("CRM_IMAGES");
}
