using System.Text.RegularExpressions;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>What the charts render is what Kubernetes, KEDA and a cluster's reviewers accept.</summary>
[Collection(ChartsCollection.Name)]
public sealed partial class ManifestTests
{
    private const string Tagged = "global: { imageTag: \"1.0.0\" }";

    [Fact]
    public async Task Every_set_of_values_renders_manifests_that_kubernetes_accepts()
    {
        var tagged = await Charts.WithValuesAsync(Tagged);
        var streams = new Dictionary<string, string>
        {
            ["default"] = await Charts.RenderAsync(Charts.Platform, tagged),
            ["dev"] = await Charts.RenderAsync(Charts.Platform, Charts.Environment("dev")),
            ["staging"] = await Charts.RenderAsync(Charts.Platform, Charts.Environment("staging")),
            ["production"] = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production")),
            ["channels"] = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"), Charts.Environment("channels")),
            ["air-gapped"] = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"), Charts.Environment("air-gapped")),
            ["gateway-api"] = await Charts.RenderAsync(Charts.Platform, tagged, await Charts.WithValuesAsync("gatewayApi: { enabled: true, host: crm.example.com, parent: { name: edge, namespace: edge, sectionName: https } }")),
            ["service-minimal"] = await Charts.RenderAsync(Charts.Service, Path.Combine(Charts.Service, "ci", "minimal-values.yaml")),
            ["service-full"] = await Charts.RenderAsync(Charts.Service, Path.Combine(Charts.Service, "ci", "full-values.yaml")),
        };

        Assert.Equal("", await Charts.ManifestProblemsAsync(streams));
        Assert.All(streams.Values, stream => Assert.DoesNotContain("<no value>", stream, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_member_and_a_null_are_found()
    {
        var problems = await Charts.ManifestProblemsAsync(new Dictionary<string, string>
        {
            ["broken"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n---\napiVersion: v1\nkind: Service\nmetadata: { name: b }\nspec: { replica: 1 }\n",
        });

        Assert.Contains("ConfigMap a", problems, StringComparison.Ordinal);
        Assert.Contains("replica", problems, StringComparison.Ordinal);
    }

    [HelmFact]
    public async Task Helm_renders_the_same()
    {
        var byHelm = await Charts.RenderByHelmAsync(Charts.Platform, Charts.Environment("production"));
        var ours = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));
        Assert.Equal(Kinds(byHelm), Kinds(ours));
    }

    [Fact]
    public async Task Every_pod_runs_without_rights()
    {
        var stream = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));

        foreach (var manifest in stream.Split("\n---").Where(manifest => manifest.Contains("\n          image: ", StringComparison.Ordinal) || manifest.Contains("\n      image: ", StringComparison.Ordinal) || manifest.Contains("\nkind: CronJob\n", StringComparison.Ordinal)))
        {
            Assert.All(
                new[] { "runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "automountServiceAccountToken: false", "type: RuntimeDefault", "limits:", "requests:" },
                rule => Assert.Contains(rule, manifest.Replace("seccompProfile: { type: RuntimeDefault }", "type: RuntimeDefault", StringComparison.Ordinal), StringComparison.Ordinal));
            Assert.DoesNotContain(":latest", manifest, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_secret_is_made_and_no_secret_stands_in_the_values()
    {
        var stream = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));

        Assert.DoesNotContain("kind: Secret\n", stream, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"name: \S*(Password|PrivateKey|LinkKey|ClientSecret|ConnectionStrings__\w+)\s*\n\s*value:", stream);
    }

    [Fact]
    public async Task An_autoscaler_owns_the_number_of_replicas()
    {
        var stream = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));

        var deployments = stream.Split("\n---").Where(manifest => manifest.Contains("\nkind: Deployment\n", StringComparison.Ordinal)).ToList();
        Assert.Equal(8, deployments.Count);
        Assert.All(deployments, deployment => Assert.DoesNotMatch(@"\n  replicas:", deployment));
        Assert.Equal(7, Regex.Count(stream, "\nkind: HorizontalPodAutoscaler\n"));
        var scaled = Assert.Single(stream.Split("\n---"), manifest => manifest.Contains("\nkind: ScaledObject\n", StringComparison.Ordinal));
        Assert.Contains("name: crm-campaign-sender-queue", scaled, StringComparison.Ordinal);
        Assert.Contains("queueName: \"campaign-send-email\"", scaled, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_gets_each_workload_the_rules_and_the_dashboards()
    {
        var stream = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));
        var monitors = stream.Split("\n---").Where(manifest => manifest.Contains("\nkind: ServiceMonitor\n", StringComparison.Ordinal)).ToList();

        Assert.Equal(8, monitors.Count);
        Assert.All(monitors, monitor => Assert.Contains("port: metrics", monitor, StringComparison.Ordinal));
        Assert.Contains(monitors, monitor => monitor.Contains("replacement: campaign-sender", StringComparison.Ordinal));
        Assert.Contains("alert: CrmOutboxLag", stream, StringComparison.Ordinal);
        Assert.Contains("{{ $labels.workload }}", stream, StringComparison.Ordinal);
        Assert.Equal(3, Regex.Count(stream, "grafana_dashboard: \"1\""));
        // Neither the ingress nor another service reaches the management port.
        foreach (var policy in stream.Split("\n---").Where(manifest => manifest.Contains("\nkind: NetworkPolicy\n", StringComparison.Ordinal)))
        {
            Assert.All(Regex.Matches(policy, @"- from:((?:(?!- from:|egress:)[\s\S])*?)port: metrics"), from => Assert.Contains("monitoring", from.Groups[1].Value, StringComparison.Ordinal));
        }

        var without = await Charts.RenderAsync(Charts.Platform, Charts.Environment("dev"));
        Assert.DoesNotContain("monitoring.coreos.com", without, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_channel_has_a_queue_that_scales_the_senders()
    {
        var names = Regex.Matches(await File.ReadAllTextAsync(Repository.PathOf("services", "Campaign", "Crm.Campaign.Delivery", "SendChunk.cs")), "const string \\w+ = \"([a-z]+)\"").Select(match => match.Groups[1].Value).ToList();
        var queues = Regex.Matches(await Charts.RenderAsync(Charts.Platform, Charts.Environment("production")), "queueName: \"campaign-send-([a-z]+)\"").Select(match => match.Groups[1].Value);

        Assert.NotEmpty(names);
        Assert.Equal(names.Order(StringComparer.Ordinal), queues.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Customer_gets_out_to_its_relay_to_receivers_and_to_its_keys_and_nowhere_else()
    {
        var policy = Policy(await Charts.RenderAsync(Charts.Platform, Charts.Environment("production")));
        Assert.Matches(@"cidr: 10\.30\.0\.10/32\s+ports:\s+- port: 587\s", policy);
        Assert.Matches(@"cidr: 0\.0\.0\.0/0\s+except:\s+- 10\.0\.0\.0/8\s[\s\S]*?169\.254\.0\.0/16[\s\S]*?ports:\s+- port: 443\s", policy);
        Assert.Matches(@"cidr: 10\.50\.0\.10/32\s+ports:\s+- port: 5432(\s|$)", policy);

        var closed = Policy(await Charts.RenderAsync(Charts.Platform, await Charts.WithValuesAsync(Tagged)));
        Assert.DoesNotContain("ipBlock", closed, StringComparison.Ordinal);
        Assert.DoesNotContain("port: 443", closed, StringComparison.Ordinal);

        static string Policy(string stream) => stream.Split("\n---").Single(manifest => manifest.Contains("\nkind: NetworkPolicy\nmetadata:\n  name: crm-customer\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_workload_that_is_switched_off_leaves_nothing()
    {
        var without = await Charts.WithValuesAsync(Tagged + "\nloyalty: { enabled: false }\n");

        Assert.DoesNotMatch(@"\n  name: crm-loyalty", await Charts.RenderAsync(Charts.Platform, without));
    }

    [Fact]
    public async Task One_replica_has_no_disruption_budget_that_would_block_a_node()
    {
        Assert.DoesNotContain("PodDisruptionBudget", await Charts.RenderAsync(Charts.Platform, Charts.Environment("dev")), StringComparison.Ordinal);
        Assert.Contains("PodDisruptionBudget", await Charts.RenderAsync(Charts.Platform, Charts.Environment("production")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_settings_restarts_the_pods()
    {
        var before = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));
        var after = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"), await Charts.WithValuesAsync("sales: { config: { Postgres__MaxPoolSize: 20 } }"));

        Assert.NotEqual(Checksums(before, "sales"), Checksums(after, "sales"));
        Assert.Equal(Checksums(before, "loyalty"), Checksums(after, "loyalty"));
    }

    private static IEnumerable<string> Kinds(string stream) => Kind().Matches(stream).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal);

    private static string Checksums(string stream, string workload) =>
        Regex.Match(stream.Split("\n---").Single(manifest => manifest.Contains($"\nkind: Deployment\nmetadata:\n  name: crm-{workload}\n", StringComparison.Ordinal)), "checksum/config: (\\w+)").Groups[1].Value;

    [GeneratedRegex(@"^kind: (\w+)", RegexOptions.Multiline)]
    private static partial Regex Kind();
}
