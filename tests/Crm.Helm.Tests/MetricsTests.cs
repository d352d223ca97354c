using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>Dashboards and alert rules speak of metrics, and of labels, that running workloads really export.</summary>
public sealed partial class MetricsTests
{
    private static readonly string Monitoring = Path.Combine(Charts.Platform, "monitoring");

    /// <summary>Prometheus' own, the cluster's (kube-state-metrics), the rules' own, and labels that scraping adds.</summary>
    private static readonly HashSet<string> FromElsewhere = ["and", "or", "unless", "offset", "up", "kube_job_status_failed", "kube_cronjob_status_last_successful_time"];
    private static readonly HashSet<string> ScrapeLabels = ["workload", "le", "job_name", "cronjob"];

    [Fact]
    public async Task Every_metric_of_dashboards_and_rules_is_exported_by_running_workloads()
    {
        await using var servers = await IsolatedServers.CreateAsync("metrics");
        await using var campaignServers = await IsolatedServers.CreateAsync("metrics_campaign");
        await using var analyticsServers = await IsolatedServers.CreateAsync("metrics_analytics");
        (string, string)[] campaignSettings =
        [
            ("Campaign__PublicBaseUrl", "http://localhost:1"), ("Campaign__LinkKey", Convert.ToBase64String(new byte[32])), ("Smtp__Host", "127.0.0.1"), ("Smtp__Port", "1"), ("Smtp__Security", "None"), ("services__analytics__grpc__0", "http://127.0.0.1:1"),
        ];
        await using var customer = await RunningWorkload.StartAsync("Crm.Customer", "customer", servers);
        await using var salesServers = await IsolatedServers.CreateAsync("metrics_sales");
        await using var sales = await RunningWorkload.StartAsync(
            "Crm.Sales", "sales", salesServers, ("services__customer__grpc__0", $"http://127.0.0.1:{customer.GrpcPort}"), ("ConnectionStrings__rabbitmq", servers.RabbitMq));
        await using var deskServers = await IsolatedServers.CreateAsync("metrics_service");
        await using var desk = await RunningWorkload.StartAsync("Crm.ServiceDesk", "service", deskServers, ("services__customer__grpc__0", $"http://127.0.0.1:{customer.GrpcPort}"), ("Sla__SweepSeconds", "1"));
        await using var campaign = await RunningWorkload.StartAsync("Crm.Campaign", "campaign", campaignServers, campaignSettings);
        await using var sender = await RunningWorkload.StartAsync("Crm.Campaign.Sender", "campaign-sender", campaignServers, campaignSettings);
        await using var analytics = await RunningWorkload.StartAsync("Crm.Analytics", "analytics", analyticsServers);

        using var writer = customer.ClientFor(Roles.SalesRep);
        var made = await writer.PostAsync("/api/customer/v1/customers", new { displayName = "Metrics" }).OkJsonAsync();
        using (await writer.GetAsync($"/api/customer/v1/customers/{made.GetProperty("id")}"))
        using (await writer.GetAsync("/api/customer/v1/customers/not-an-id"))
        {
            // An answer and a refusal.
        }

        // Sales asks Customer over gRPC about somebody that it has not heard of.
        using var shop = sales.ClientFor(Roles.Integration);
        using (await shop.PostAsync(
            "/api/sales/v1/purchases",
            new { source = "test", sourceId = "1", purchasedAt = DateTimeOffset.UnixEpoch.AddYears(50), currency = "IDR", customerId = Guid.Empty, lines = new[] { new { sku = "none", quantity = 1, unitPrice = 1 } } }))
        {
            // Refused; asked all the same.
        }

        // A message that can never be handled ends among the dead letters.
        await using (var probe = await BusProbe.StartAsync(servers.RabbitMq)) await probe.PublishAsync(new CustomersRegistered(Guid.Empty, default, null!), Guid.Parse("01900000-0000-7000-8000-000000000001"));

        var probeText = await ProbeMetricsAsync();
        await Eventually.Holds(
            async () =>
            {
                var exported = Parse(string.Join('\n', [await customer.ScrapeAsync(), await sales.ScrapeAsync(), await desk.ScrapeAsync(), await campaign.ScrapeAsync(), await sender.ScrapeAsync(), await analytics.ScrapeAsync(), probeText]));
                var problems = Expressions().SelectMany(expression => Problems(expression, exported)).Distinct().Order(StringComparer.Ordinal).ToList();
                Assert.True(problems.Count == 0, string.Join('\n', problems) + "\n--- exported:\n" + string.Join('\n', exported.Keys.Order(StringComparer.Ordinal)));
            },
            TimeSpan.FromSeconds(60));

        // The management port shows metrics and nothing else; the public port shows none.
        using var http = new HttpClient(new SocketsHttpHandler());
        foreach (var address in new[] { $"http://127.0.0.1:{customer.MetricsPort}/health/live", $"http://127.0.0.1:{customer.MetricsPort}/api/customer/v1/customers" })
        {
            using var other = await http.GetAsync(address);
            Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        }

        using var open = await http.GetAsync(customer.Http + "/metrics");
        Assert.NotEqual(HttpStatusCode.OK, open.StatusCode);
    }

    [Fact]
    public void A_metric_or_label_that_nobody_exports_is_found()
    {
        var exported = Parse("crm_outbox_age_seconds{queue=\"a\"} 1\n");

        Assert.Empty(Problems("max by (queue, workload) (crm_outbox_age_seconds{queue=\"x\"})", exported));
        Assert.Equal("crm_outbox_age is not exported", Assert.Single(Problems("max(crm_outbox_age)", exported)));
        Assert.Equal("crm_outbox_age_seconds has no label topic", Assert.Single(Problems("crm_outbox_age_seconds{topic=~\"x\"}", exported)));
        Assert.Equal("no metric here has the label topic", Assert.Single(Problems("sum by (topic) (crm_outbox_age_seconds)", exported)));
    }

    [Fact]
    public void Every_alert_has_a_runbook_and_every_runbook_an_alert()
    {
        var rules = File.ReadAllText(Path.Combine(Monitoring, "rules.yaml"));
        var alerts = AlertName().Matches(rules).Select(match => match.Groups[1].Value).ToList();
        var runbooks = RunbookUrl().Matches(rules).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(alerts.Count, runbooks.Count);
        Assert.Equal(alerts.Select(name => $"docs/operations/runbooks/{Kebab(name)}.md"), runbooks);
        var folder = Repository.PathOf("docs", "operations", "runbooks");
        var files = Directory.GetFiles(folder, "crm-*.md").Select(path => Path.GetRelativePath(Repository.Root, path));
        Assert.Equal(runbooks.Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
        Assert.All(runbooks, path => Assert.All(new[] { "## Meaning", "## Check", "## Mend" }, part => Assert.Contains(part, File.ReadAllText(Repository.PathOf(path.Split('/'))), StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Expressions()
    {
        foreach (Match rule in RuleExpression().Matches(File.ReadAllText(Path.Combine(Monitoring, "rules.yaml")))) yield return rule.Groups[1].Value.Trim();
        foreach (var path in Directory.GetFiles(Path.Combine(Monitoring, "dashboards"), "*.json"))
        {
            using var board = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var panel in board.RootElement.GetProperty("panels").EnumerateArray())
            {
                foreach (var target in panel.GetProperty("targets").EnumerateArray()) yield return target.GetProperty("expr").GetString()!;
            }
        }
    }

    /// <summary>Metric names with all label names that were seen on them.</summary>
    private static Dictionary<string, HashSet<string>> Parse(string scraped)
    {
        var found = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (Match sample in Sample().Matches(scraped))
        {
            var name = sample.Groups["name"].Value;
            if (!found.TryGetValue(name, out var labels)) found[name] = labels = [];
            foreach (Match label in LabelName().Matches(sample.Groups["labels"].Value)) labels.Add(label.Groups[1].Value);
        }

        return found;
    }

    private static IEnumerable<string> Problems(string expression, Dictionary<string, HashSet<string>> exported)
    {
        var bare = Range().Replace(Grouping().Replace(Strings().Replace(expression, "\"\""), " "), "");
        var metrics = MetricUse().Matches(bare).Where(match => match.Groups["name"].Value is var name && !FromElsewhere.Contains(name) && !name.StartsWith("crm:", StringComparison.Ordinal)).ToList();
        foreach (var metric in metrics)
        {
            var name = metric.Groups["name"].Value;
            if (!exported.TryGetValue(name, out var labels))
            {
                yield return $"{name} is not exported";
                continue;
            }

            foreach (Match label in LabelName().Matches(metric.Groups["labels"].Value))
            {
                if (!labels.Contains(label.Groups[1].Value) && !ScrapeLabels.Contains(label.Groups[1].Value)) yield return $"{name} has no label {label.Groups[1].Value}";
            }
        }

        var known = metrics.SelectMany(metric => exported.GetValueOrDefault(metric.Groups["name"].Value) ?? []).ToHashSet();
        if (metrics.Any(metric => !exported.ContainsKey(metric.Groups["name"].Value))) yield break;
        foreach (var label in Grouping().Matches(expression).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (!known.Contains(label) && !ScrapeLabels.Contains(label)) yield return $"no metric here has the label {label}";
        }
    }

    /// <summary>The probe's own metrics, of a run that finds nothing running.</summary>
    private static async Task<string> ProbeMetricsAsync()
    {
        var file = Path.Combine(Path.GetTempPath(), $"crm-probe-{Path.GetRandomFileName()}.prom");
        var start = new ProcessStartInfo("dotnet", [RunningWorkload.PathOf("Crm.Probe")]) { RedirectStandardOutput = true };
        foreach (var (key, value) in new[]
        {
            ("Probe__Gateway", "http://127.0.0.1:1"), ("Probe__TokenEndpoint", "http://127.0.0.1:1/token"), ("Probe__ClientId", "a"), ("Probe__ClientSecret", "b"), ("Probe__MetricsFile", file),
        })
        {
            start.Environment[key] = value;
        }

        using var probe = Process.Start(start)!;
        await probe.WaitForExitAsync();
        Assert.Equal(1, probe.ExitCode);
        var text = await File.ReadAllTextAsync(file);
        File.Delete(file);
        Assert.Contains("crm_probe_success 0\n", text, StringComparison.Ordinal);
        return text;
    }

    private static string Kebab(string name) => WordStart().Replace(name, "-$0").ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex WordStart();

    [GeneratedRegex(@"^      - alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex AlertName();

    [GeneratedRegex("^          runbook_url: \"([^\"]+)\"$", RegexOptions.Multiline)]
    private static partial Regex RunbookUrl();

    [GeneratedRegex(@"^        expr: (?:>-\n)?\s*(.+)$", RegexOptions.Multiline)]
    private static partial Regex RuleExpression();

    [GeneratedRegex(@"^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? [^ ]", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("([a-zA-Z_]\\w*)\\s*(?:=~|!~|!=|=)\\s*\"")]
    private static partial Regex LabelName();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Strings();

    /// <summary>A name that is no function; what it is grouped by, ranges and texts are taken away before.</summary>
    [GeneratedRegex(@"(?<![\w:.$])(?<name>(?>[a-zA-Z_:][\w:]*))(?!\s*\()\s*(?:\{(?<labels>[^}]*)\})?")]
    private static partial Regex MetricUse();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex(@"\b(?:by|on|without|ignoring)\s*\(([^)]+)\)")]
    private static partial Regex Grouping();
}
