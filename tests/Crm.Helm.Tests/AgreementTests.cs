using System.Text.RegularExpressions;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>The charts and the code speak of the same things: workloads, settings, connections, queues, callers.</summary>
[Collection(ChartsCollection.Name)]
public sealed partial class AgreementTests
{
    private static readonly string AppHost = File.ReadAllText(Repository.PathOf("apphost", "Crm.AppHost", "Program.cs"));
    private static readonly Lazy<string> Code = new(() => string.Join('\n', new[] { "services", "gateway", "deploy/probe" }
        .SelectMany(folder => Directory.GetFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories))
        .Where(path => !path.Contains("/node_modules/", StringComparison.Ordinal))
        .Select(File.ReadAllText)));

    [Fact]
    public void The_aliases_are_the_workloads_of_the_app_host()
    {
        var aliases = Regex.Matches(File.ReadAllText(Path.Combine(Charts.Platform, "Chart.yaml")), "alias: ([a-z-]+)").Select(match => match.Groups[1].Value);
        var workloads = Regex.Matches(AppHost, "Add(?:Service|Workload)\\(\"([a-z-]+)\"").Select(match => match.Groups[1].Value);

        Assert.Equal(workloads.Order(StringComparer.Ordinal), aliases.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Callers_are_those_that_the_app_host_lets_in()
    {
        var stream = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"));
        foreach (Match service in ServiceLine().Matches(AppHost))
        {
            var name = service.Groups["name"].Value;
            var trusted = service.Groups["callers"].Value.Split(',').Select(caller => caller.Trim(' ', '"')).Where(caller => caller.Length > 0);
            var deployment = stream.Split("\n---").Single(manifest => manifest.Contains($"\nkind: Deployment\nmetadata:\n  name: crm-{name}\n", StringComparison.Ordinal));
            var rendered = Regex.Matches(deployment, "InternalTokens__TrustedIssuers__([a-z-]+)").Select(match => match.Groups[1].Value);

            Assert.Equal(trusted.Order(StringComparer.Ordinal), rendered.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Every_setting_in_a_pod_is_one_that_the_code_reads()
    {
        var stream = await Charts.RenderAsync(Charts.Platform, Charts.Environment("production"), Charts.Environment("channels"));
        var names = EnvironmentName().Matches(stream).Select(match => match.Groups[1].Value).Distinct().ToList();

        Assert.Contains("Smtp__Host", names);
        Assert.Contains("ConnectionStrings__redis", names);
        Assert.Contains("Providers__sms-main__Authentication__Token", names);
        Assert.Contains("Receipts__push-main__Secret", names);
        Assert.Contains("Print__Directory", names);
        Assert.Contains("Inbound__SmtpPort", names);
        Assert.Contains("Inbound__Providers__0__Key", names);
        Assert.Contains("Probe__Authority", names);
        Assert.Contains("Webhooks__AllowPrivateAddresses", names);
        Assert.Contains("ConnectionStrings__subject-keys", names);
        Assert.All(names, name => Assert.True(IsRead(name), $"no code reads {name}"));
    }

    [Fact]
    public async Task The_settings_of_a_provider_are_members_of_its_options()
    {
        var options = await File.ReadAllTextAsync(Repository.PathOf("services", "Campaign", "Crm.Campaign.Sender", "Channels", "Http", "HttpProviderOptions.cs"));
        var schema = await File.ReadAllTextAsync(Path.Combine(Charts.Service, "values.schema.json"));
        var allowed = Regex.Match(schema, "\"propertyNames\": \\{ \"enum\": \\[(\"Method\"[^\\]]*)\\]").Groups[1].Value.Split(',').Select(name => name.Trim(' ', '"'));

        Assert.All(allowed, name => Assert.Matches($@"public [^;]*\b{name} \{{ get; init; \}}", options));
    }

    [Fact]
    public void The_small_installation_has_every_workload_and_only_settings_that_the_code_reads()
    {
        var compose = File.ReadAllText(Repository.PathOf("deploy", "compose", "compose.yaml"));
        var setup = File.ReadAllText(Repository.PathOf("deploy", "compose", "setup.sh"));
        var aliases = Regex.Matches(File.ReadAllText(Path.Combine(Charts.Platform, "Chart.yaml")), "alias: ([a-z-]+)").Select(match => match.Groups[1].Value).ToList();

        Assert.All(aliases, alias => Assert.Matches($@"(?m)^  {alias}:\n    <<: \*workload\n    image: \S+/{alias}:", compose));
        var names = Regex.Matches(compose, @"(?<![\w$])([A-Z]\w*__\w+):").Concat(Regex.Matches(setup, @"\b([A-Z][A-Za-z]*__[A-Za-z_-]+)(?==)")).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.Contains("InternalTokens__PrivateKey", names);
        Assert.Contains("Gateway__TrustedProxies__0", names);
        Assert.Contains("ConnectionStrings__subject-keys", names);
        Assert.All(names, name => Assert.True(IsRead(name), $"no code reads {name}"));
    }

    [Fact]
    public void The_image_has_what_the_build_and_the_pods_expect()
    {
        var lines = File.ReadAllLines(Repository.PathOf("deploy", "docker", "Dockerfile"));
        var copied = lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal)).SelectMany(line => line.Split(' ')[1..^1]);
        Assert.All(copied, path => Assert.True(Path.Exists(Repository.PathOf(path.TrimEnd('/').Split('/'))), path));
        // Every project outside of those folders that a workload needs would be missing in the image.
        var workloads = new[] { "services", "gateway", "deploy/probe" }.SelectMany(folder => Directory.GetFiles(Repository.PathOf(folder.Split('/')), "*.csproj", SearchOption.AllDirectories));
        Assert.All(workloads.SelectMany(project => Regex.Matches(File.ReadAllText(project), "ProjectReference Include=\"([^\"]+)\"").Select(match => Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, match.Groups[1].Value))))),
            reference => Assert.Matches("^(services|gateway|deploy/probe|deploy/registry)/", reference));

        var text = string.Join('\n', lines);
        Assert.Contains("USER 1654:1654", text, StringComparison.Ordinal);
        Assert.Contains("runAsUser: 1654", File.ReadAllText(Path.Combine(Charts.Service, "templates", "_helpers.tpl")), StringComparison.Ordinal);
        var fonts = Regex.Match(Code.Value, "FontDirectory \\{ get; init; \\} = \"([^\"]+)\"").Groups[1].Value;
        Assert.Contains($"{fonts}/DejaVuSans.ttf {fonts}/DejaVuSans-Bold.ttf {fonts}/", text, StringComparison.Ordinal);
        Assert.Contains("ARG OFFICIAL_PACKAGES=true", text, StringComparison.Ordinal);
        Assert.DoesNotContain(":latest", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_value_that_a_template_uses_is_in_the_values()
    {
        foreach (var chart in new[] { Charts.Service, Charts.Platform })
        {
            var declared = File.ReadAllLines(Path.Combine(chart, "values.yaml"));
            var used = Directory.GetFiles(Path.Combine(chart, "templates"), "*", SearchOption.AllDirectories)
                .SelectMany(path => ValuePath().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)).Distinct();

            Assert.All(used, path => Assert.Contains(declared, line => Regex.IsMatch(line, $@"(^|[\s{{]){path.Split('.')[^1]}:")));
        }
    }

    [Fact]
    public void No_default_swallows_a_zero_or_a_false() =>
        Assert.All(
            new[] { Charts.Service, Charts.Platform }.SelectMany(chart => Directory.GetFiles(Path.Combine(chart, "templates"), "*", SearchOption.AllDirectories)),
            path => Assert.DoesNotMatch(@"\|\s*default\b|\(default\b|\{\{-?\s*default\b", File.ReadAllText(path)));

    /// <summary>The last part of a configuration key is a property or a literal of the code; the framework's own are named here.</summary>
    private static bool IsRead(string name)
    {
        if (name is "ASPNETCORE_ENVIRONMENT" or "DOTNET_gcServer" or "DOTNET_GCgen0size" or "DOTNET_GCGen0MaxBudget" or "DOTNET_GCGen1MaxBudget") return true;
        var parts = name.Split("__");
        if (parts[0] == "ConnectionStrings") return Regex.IsMatch(Code.Value, $@"GetConnectionString\(""{parts[1]}""\)");
        if (parts[0] is "services" or "Probe") return parts[0] == "services" || Code.Value.Contains($"\"{name}\"", StringComparison.Ordinal);
        if (name == "Gateway__TrustedProxies__0") return Code.Value.Contains("\"Gateway:TrustedProxies\"", StringComparison.Ordinal);
        if (name.StartsWith("InternalTokens__TrustedIssuers__", StringComparison.Ordinal)) return true;
        if (parts.Length == 1) return Code.Value.Contains($"\"{name}\"", StringComparison.Ordinal);
        var last = Regex.Escape(parts[^1]);
        return Regex.IsMatch(Code.Value, $@"\b{last}\b\s*{{ get; (init|set); }}|record {parts[0]}\w*\([^)]*\b{last}\b[,)]") && Regex.IsMatch(Code.Value, $@"""{Regex.Escape(parts[0])}[:""]");
    }

    [GeneratedRegex(@"(?:Add(?:Service|Workload)\(""(?<name>[a-z-]+)""[^;]*?)\.Trusts\((?<callers>[^)]*)\)")]
    private static partial Regex ServiceLine();

    [GeneratedRegex(@"^\s+(?:- name: )?([A-Z][A-Za-z0-9]*(?:_+[A-Za-z0-9-]+)+)(?:\s*$|: )", RegexOptions.Multiline)]
    private static partial Regex EnvironmentName();

    [GeneratedRegex(@"\$?\.Values\.([A-Za-z0-9_.]+)")]
    private static partial Regex ValuePath();
}
